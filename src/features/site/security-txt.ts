/** When /.well-known/security.txt has to be looked at again (RFC 9116: less than a year ahead). A test fails 30 days before. */
export const securityTxtExpires = "2027-10-31T00:00:00Z";

/** Where vulnerabilities are reported, as RFC 9116 wants it. */
export const securityTxt = (origin: string): string =>
  [
    "Contact: mailto:security@armalo.ai",
    `Expires: ${securityTxtExpires}`,
    "Preferred-Languages: en",
    `Canonical: ${origin}/.well-known/security.txt`,
    `Policy: ${origin}/security-policy`,
    "",
  ].join("\n");
