// Nothing of ours may be imported here: the bundler would make whatever this module needs lazy as well, and so the whole Worker.
export { Inngest, NonRetriableError, RetryAfterError } from "inngest";
export { serve } from "inngest/edge";
