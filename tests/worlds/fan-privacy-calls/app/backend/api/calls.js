// The part of the calls' routes that the runbook reads. Nothing here is ever run in this world.
const logger = require('../logger');

module.exports.initiated = ({ callId, creatorId, fanId, callType }) => {
  logger.info('Call initiated', {
    callId,
    creatorId,
    fanId,
    callType
  });
};
