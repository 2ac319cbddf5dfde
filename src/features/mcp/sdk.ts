// Nothing of ours may be imported here: the bundler would make whatever this module needs lazy as well, and so the whole Worker.
export {
  createMcpHandler,
  createRequestStateCodec,
  inputRequired,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
} from "@modelcontextprotocol/server";
