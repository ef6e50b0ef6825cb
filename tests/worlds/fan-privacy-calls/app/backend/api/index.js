// The parts of the API's entry that the runbook reads. Nothing here is ever run in this world.
const express = require('express');
const rateLimiters = require('../middleware/rate-limiters');
const fansRoutes = require('./fans');
const callsRoutes = require('./calls');

const app = express();
const defaultLimiter = rateLimiters.default;
app.use('/api/fans', rateLimiters.api || defaultLimiter, fansRoutes);
app.use('/api/calls', rateLimiters.api || defaultLimiter, callsRoutes);

const callExpirationJob = require('../jobs/expire-call-invitations');
callExpirationJob.start();

module.exports = app;
