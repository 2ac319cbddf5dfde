export { loadRoom, type RoomConfig } from "./load-room.ts";
