// Importing this ends a program quietly when nobody reads on what it prints (`| head`): that is no reason for a stack
// trace. Its exit code stays what it was set to.

process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
