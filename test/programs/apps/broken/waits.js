await new Promise((done) => setTimeout(done, 60_000));
export const application = () => [];
