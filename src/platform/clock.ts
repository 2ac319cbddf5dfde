/** The only place that reads the clock; everything else is handed `now`. */
export const currentTime = (): Date => new Date();
