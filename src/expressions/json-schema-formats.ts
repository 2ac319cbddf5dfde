const maxChars = 2_048;

// Ours, anchored, and without nested repetition: these cannot be made to backtrack.
const day = /^\d{4}-\d{2}-\d{2}$/;
const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i;
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const mailbox = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}$/i;
const octet = /^(0|[1-9]\d{0,2})$/;
const scheme = /^[a-z][a-z0-9+.-]*:/i;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `Date.parse` rolls 30 February over into March; printing it back shows that. */
function isRealDay(text: string): boolean {
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

const isHostname = (text: string): boolean => text.length <= 253 && text.split(".").every((part) => label.test(part));

function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  return at > 0 && mailbox.test(text.slice(0, at)) && isHostname(text.slice(at + 1));
}

function isIpv4(text: string): boolean {
  const octets = text.split(".");
  return octets.length === 4 && octets.every((part) => octet.test(part) && Number(part) <= 255);
}

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  date: (text) => day.test(text) && isRealDay(text),
  /** RFC 3339, without leap seconds. */
  "date-time": (text) => dateTime.test(text) && isRealDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text.toUpperCase())),
  email: isEmail,
  hostname: isHostname,
  ipv4: isIpv4,
  uri: (text) => scheme.test(text) && URL.canParse(text),
  uuid: (text) => uuid.test(text),
};

export const formatNames: readonly string[] = Object.keys(formats);

/** Whether a text has a format of the closed list; texts over 2,048 characters have none of them. */
export const hasFormat = (name: string, text: string): boolean => text.length <= maxChars && (formats[name]?.(text) ?? false);
