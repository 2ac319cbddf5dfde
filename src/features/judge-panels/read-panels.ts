import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { toCalibration, toCalibrationHead } from "./calibration-view.ts";
import { toPanel } from "./panel.ts";
import type { CalibrationHeadView, CalibrationView, PanelView } from "./schemas.ts";
import { selectCalibration, selectCalibrations, selectPanel, selectPanels } from "./store.ts";

type PageOf<T> = { items: T[]; nextCursor: string | null };
const cursorOf = ({ createdAt, id }: { readonly createdAt: Date; readonly id: string }) => ({ at: createdAt, id });

export async function listPanels({ tenant }: ReadContext, page: Page): Promise<PageOf<PanelView>> {
  const [rows] = await tenant.read((db) => [selectPanels(db, page)]);
  return toPage(rows, page, cursorOf, toPanel);
}

export async function getPanel({ tenant }: ReadContext, panelId: string): Promise<PanelView> {
  const [[panel]] = await tenant.read((db) => [selectPanel(db, panelId)]);
  if (panel === undefined) throw problem("not_found", "no such judge panel");
  return toPanel(panel);
}

export async function listCalibrations({ tenant, now }: ReadContext, panelId: string, page: Page): Promise<PageOf<CalibrationHeadView>> {
  const [[panel], rows] = await tenant.read((db) => [selectPanel(db, panelId), selectCalibrations(db, panelId, page)]);
  if (panel === undefined) throw problem("not_found", "no such judge panel");
  return toPage(rows, page, cursorOf, (row) => toCalibrationHead(row, now));
}

export async function getCalibration({ tenant, now }: ReadContext, panelId: string, calibrationId: string): Promise<CalibrationView> {
  const [[row]] = await tenant.read((db) => [selectCalibration(db, calibrationId)]);
  if (row?.panelId !== panelId) throw problem("not_found", "no such calibration of the panel");
  return toCalibration(row, now);
}
