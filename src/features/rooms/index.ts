export { loadRoom, type RoomConfig } from "./load-room.ts";
export { RoomParams } from "./schemas.ts";
export { selectRoom } from "./store.ts";
