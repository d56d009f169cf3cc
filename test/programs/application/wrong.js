export const urls = [];
export const debgu = true;
