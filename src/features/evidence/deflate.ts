// What the bundle holds of the library; nothing of ours may be imported here (see features/mcp/sdk.ts).
export { Zip, ZipDeflate } from "fflate";
