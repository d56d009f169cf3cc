const settings = {};

export const application = settings.missing.application;
