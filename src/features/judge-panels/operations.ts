import { defineOperation } from "../../http/define-operation.ts";
import { prices } from "../../payments/prices.ts";
import { askPanel } from "./ask-panel.ts";
import { calibratePanel } from "./calibrate-panel.ts";
import { changePanel, createPanel, retirePanel } from "./change-panels.ts";
import { getCalibration, getPanel, listCalibrations, listPanels } from "./read-panels.ts";
import { quoteJury } from "./sell-jury.ts";
import {
  AskPanelBody,
  CalibrateBody,
  Calibration,
  CalibrationHead,
  CalibrationPage,
  CalibrationParams,
  CreatePanelBody,
  JuryAnswer,
  ListQuery,
  Panel,
  PanelPage,
  PanelParams,
  UpdatePanelBody,
} from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "evals:read" } } as const;
const change = { governance: "tenant-mutation", method: "post", access: { mode: "tenant", scope: "evals:write" } } as const;

export const judgePanelOperations = [
  defineOperation({
    ...change,
    id: "judge_panels.create",
    path: "/v1/judge-panels",
    summary: "Configure a panel of judges for jury checks",
    audit: "judge_panel.created",
    request: { body: CreatePanelBody },
    response: { status: 201, body: Panel },
    handle: ({ input, ...context }) => createPanel(context, input.body),
  }),
  defineOperation({
    ...read,
    id: "judge_panels.list",
    path: "/v1/judge-panels",
    summary: "List judge panels",
    request: { query: ListQuery },
    response: { status: 200, body: PanelPage },
    handle: ({ input, ...context }) => listPanels(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "judge_panels.get",
    path: "/v1/judge-panels/{panelId}",
    summary: "Read a judge panel",
    request: { params: PanelParams },
    response: { status: 200, body: Panel },
    handle: ({ input, ...context }) => getPanel(context, input.params.panelId),
  }),
  defineOperation({
    ...change,
    method: "patch",
    id: "judge_panels.update",
    path: "/v1/judge-panels/{panelId}",
    summary: "Change a judge panel; other judges make another version of it",
    audit: "judge_panel.updated",
    request: { params: PanelParams, body: UpdatePanelBody },
    response: { status: 200, body: Panel },
    handle: ({ input, ...context }) => changePanel(context, input.params.panelId, input.body),
  }),
  defineOperation({
    ...change,
    id: "judge_panels.retire",
    path: "/v1/judge-panels/{panelId}/retire",
    summary: "Take a judge panel out of service",
    audit: "judge_panel.retired",
    request: { params: PanelParams },
    response: { status: 200, body: Panel },
    handle: ({ input, ...context }) => retirePanel(context, input.params.panelId),
  }),
  defineOperation({
    governance: "autonomous-action",
    method: "post",
    access: { mode: "payable", scope: "evals:write", price: prices.jury },
    id: "judge_panels.ask",
    tool: "ask_judges",
    path: "/v1/judge-panels/{panelId}/ask",
    summary: "Put an answer to the judges of a panel now",
    audit: "judge_panel.asked",
    request: { params: PanelParams, body: AskPanelBody },
    response: { status: 200, body: JuryAnswer },
    handle: ({ input, ...context }) => askPanel(context, input.params.panelId, input.body),
    quote: ({ input, ...context }) => quoteJury(context, input.params.panelId, input.body),
  }),
  defineOperation({
    ...change,
    // It has third parties called, again and again: the gate passes a storage write before it admits one.
    governance: "autonomous-action",
    id: "judge_panels.calibrate",
    path: "/v1/judge-panels/{panelId}/calibrations",
    summary: "Measure a judge panel on labelled examples",
    audit: "judge_panel.calibration_started",
    request: { params: PanelParams, body: CalibrateBody },
    response: { status: 202, body: CalibrationHead },
    handle: ({ input, ...context }) => calibratePanel(context, input.params.panelId, input.body),
  }),
  defineOperation({
    ...read,
    id: "judge_panels.list_calibrations",
    path: "/v1/judge-panels/{panelId}/calibrations",
    summary: "List the calibrations of a judge panel",
    request: { params: PanelParams, query: ListQuery },
    response: { status: 200, body: CalibrationPage },
    handle: ({ input, ...context }) => listCalibrations(context, input.params.panelId, input.query),
  }),
  defineOperation({
    ...read,
    id: "judge_panels.get_calibration",
    path: "/v1/judge-panels/{panelId}/calibrations/{calibrationId}",
    summary: "Read a calibration with its examples and every vote",
    request: { params: CalibrationParams },
    response: { status: 200, body: Calibration },
    handle: ({ input, ...context }) => getCalibration(context, input.params.panelId, input.params.calibrationId),
  }),
];
