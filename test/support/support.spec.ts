import { describe, expect, it } from '@jest/globals';
import { connectTo } from './redis-clients.js';
import { sharedRedis, startRedis, uniqueName } from './redis-server.js';
import { startProxy } from './tcp-proxy.js';
import { untilItSucceeds, waitFor } from './wait-for.js';

describe('startRedis', () => {
  it('keeps its data over SIGKILL and restart with an append-only file', async () => {
    const redis = await startRedis({ appendonly: true });
    const client = redis.client();
    await client.set('kept', 'yes');
    const { pid } = redis;

    await redis.kill();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await redis.restart();

    expect(redis.pid).not.toBe(pid);
    expect(await client.get('kept')).toBe('yes');
    await redis.stop();
    await redis.stop();
    expect(client.status).toBe('end');
  });

  it('loses its data over SIGKILL without one', async () => {
    const redis = await startRedis();
    const client = redis.client();
    await client.set('lost', 'yes');
    await redis.kill();
    await redis.restart();
    expect(await client.exists('lost')).toBe(0);
  });

  it('says what redis-server complained about', async () => {
    await expect(startRedis({ conf: { 'maxmemory-policy': 'nonsense' } })).rejects.toThrow(
      /redis-server ended \(exit code 1\): .*nonsense/s,
    );
  });
});

describe('sharedRedis', () => {
  it('is one Redis for the whole file, with names of our own', async () => {
    const redis = await sharedRedis();
    expect(await sharedRedis()).toBe(redis);
    const key = uniqueName('smoke');
    expect(await redis.client().set(key, 1)).toBe('OK');
    expect(uniqueName('smoke')).not.toBe(key);
  });
});

describe('startProxy', () => {
  it('is silent as a network is, and delivers late what ended connections had sent', async () => {
    const redis = await startRedis();
    const proxy = await startProxy(redis.port);
    const client = connectTo(proxy.url);
    const other = connectTo(proxy.url);
    const id = await other.client('ID');
    await client.ping();

    proxy.silence();
    client.set('late', 'yes').catch(() => undefined);
    await waitFor(() => proxy.held === 1);
    client.disconnect();
    let closed = false;
    other.once('close', () => (closed = true));
    await redis.client().client('KILL', 'ID', id);
    await waitFor(() => proxy.held === 3, { message: 'a command and two ends to be under way' });
    expect(await redis.client().exists('late')).toBe(0);
    expect(closed).toBe(false);

    proxy.resume();
    await waitFor(() => redis.client().exists('late'));
    await waitFor(() => closed);
  });

  it('cuts, silences and refuses connections', async () => {
    const redis = await startRedis();
    const proxy = await startProxy(redis.port);
    const client = connectTo(proxy.url);
    expect(await client.ping()).toBe('PONG');
    expect(proxy.connections).toBe(1);

    const closed = new Promise((resolve) => client.once('close', resolve));
    proxy.cut();
    await closed;
    expect(await client.ping()).toBe('PONG');

    proxy.pause();
    let answered = false;
    const silent = client.set('through', 'the proxy').then(() => (answered = true));
    expect(await redis.client().exists('through')).toBe(0);
    expect(answered).toBe(false);
    proxy.resume();
    await silent;
    expect(await redis.client().get('through')).toBe('the proxy');

    proxy.pause('answers');
    const unanswered = client.set('through', 'one way');
    await waitFor(async () => (await redis.client().get('through')) === 'one way');
    proxy.resume();
    expect(await unanswered).toBe('OK');

    const impatient = connectTo(proxy.url, { maxRetriesPerRequest: 0 });
    await impatient.ping();
    proxy.pause();
    const abandoned = impatient.set('through', 'late').catch(() => 'rejected');
    await waitFor(() => proxy.held);
    const deliver = proxy.abandon();
    proxy.resume();
    expect(await abandoned).toBe('rejected');
    expect(await client.get('through')).toBe('one way');
    deliver();
    await waitFor(async () => (await redis.client().get('through')) === 'late');

    await proxy.refuse();
    proxy.cut();
    await waitFor(() => client.status === 'reconnecting', { message: 'a refused reconnect' });
    await proxy.accept();
    expect(await client.ping()).toBe('PONG');
    await proxy.close();
  });
});

describe('waitFor', () => {
  it('says what it waited for and what it last saw', async () => {
    let asked = 0;
    expect(await waitFor(() => ++asked === 3 && 'third time')).toBe('third time');
    await expect(waitFor(() => 0, { timeoutMs: 30, message: 'a one' })).rejects.toThrow(
      'Waited 30 ms for a one; the last value was 0',
    );
  });
});

describe('untilItSucceeds', () => {
  it('resolves to what the first success gave', async () => {
    let attempts = 0;
    const attempt = () =>
      ++attempts < 3 ? Promise.reject(new Error('too early')) : Promise.resolve(attempts);
    expect(await untilItSucceeds(attempt)).toBe(3);
  });

  it('tells the last failure when time is up', async () => {
    const attempt = () => Promise.reject(new Error('refused'));
    const failing = untilItSucceeds(attempt, { timeoutMs: 30, message: 'it' });
    await expect(failing).rejects.toThrow(/for it;[^]*refused/);
  });
});
