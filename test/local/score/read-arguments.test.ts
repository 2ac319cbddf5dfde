import { describe, expect, it } from "vitest";
import { PlainFailure } from "../../../src/local/plain-failure.ts";
import { readArguments } from "../../../src/local/score/read-arguments.ts";

const least = ["--endpoint", "https://agent.acme.com/", "--suite", "suite.yaml"];

describe("readArguments", () => {
  it("reads what is asked for, with any number of headers", () => {
    expect(readArguments([...least, "--protocol", "openai", "--header", "X-Key: a:b c", "--header", "Authorization:Bearer t"])).toEqual({
      endpoint: "https://agent.acme.com/",
      protocol: "openai",
      suite: "suite.yaml",
      headers: { "X-Key": "a:b c", Authorization: "Bearer t" },
    });
    expect(readArguments(least)).toMatchObject({ protocol: "json", headers: {} });
  });

  it.each([
    [[], "Usage"],
    [["--endpoint", "https://agent.acme.com/"], "Usage"],
    [[...least, "--protocol", "grpc"], "json, openai, a2a"],
    [[...least, "--nonsense"], "nonsense"],
    [[...least, "--header", "no colon"], "Name: value"],
    [[...least, "--header", "Key: "], "Name: value"],
  ])("answers %j with a sentence", (args, sentence) => {
    expect(() => readArguments(args)).toThrow(PlainFailure);
    expect(() => readArguments(args)).toThrow(sentence);
  });

  it("never repeats a header, for it is a secret", () => {
    expect(() => readArguments([...least, "--header", "s3cret"])).toThrow(/^(?!.*s3cret)/s);
  });
});
