/** The seed of every generated case: `CONTRACT_SEED`, else always the same one, so that a run can be repeated. */
export const SEED = Number(process.env.CONTRACT_SEED || 20_260_908);
