// Preloaded into the application (node --import): when the start script is killed without a chance
// to stop its children, the channel between the two closes, and the application drains and ends too.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
