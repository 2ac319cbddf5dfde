import { z } from "zod";
import { describe, expect, it } from "vitest";
import { providerSettings } from "../../src/providers/settings.ts";

const Settings = z.object(providerSettings);
const isTaken = (name: string, value: string): boolean => Settings.safeParse({ [name]: value }).success;

describe("the address of a provider", () => {
  it.each(["CLERK_ISSUER", "CLERK_API_URL", "WHOP_API_URL", "INNGEST_API_URL"])(
    "%s is asked over TLS, or on this machine: keys that sign people in come from there, and secrets go there",
    (name) => {
      for (const url of ["https://clerk.example.com", "https://clerk.example.com/", "http://127.0.0.1:8080/issuer"])
        expect(isTaken(name, url), url).toBe(true);
      for (const url of [
        "http://clerk.example.com",
        "http://127.0.0.1.example.com",
        "https://user:password@clerk.example.com",
        "ftp://clerk.example.com",
        "data:application/json,{}",
        "clerk.example.com",
      ])
        expect(isTaken(name, url), url).toBe(false);
    },
  );
});
