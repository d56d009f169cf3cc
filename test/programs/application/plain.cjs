module.exports = { urls: [] };
