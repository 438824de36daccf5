const answer = document.getElementById('answer');

document.getElementById('send').addEventListener('click', async () => {
  const sent = 'x'.repeat(1024);
  const started = performance.now();
  try {
    const response = await fetch('echo', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: sent });
    const same = (await response.text()) === sent;
    answer.value = `${response.status}, ${same ? 'the same' : 'not the same'}, ${Math.round(performance.now() - started)} ms`;
  } catch (failure) {
    answer.value = `That failed: ${failure.message}`;
  }
});

answer.value = 'The script runs.';
