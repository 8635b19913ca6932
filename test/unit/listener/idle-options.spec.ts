import { Injectable } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { OnEvent, type ListenerOverrides } from 'nestjs-lightbus';
import { startInMemory } from './memory-application.js';

@Injectable()
class Listening {
  @OnEvent('idle.happened', { listenerName: 'once', onError: 'shutdown', backoff: { max: 5 } })
  @OnEvent('idle.happened', { listenerName: 'counting', maxAttempts: 3 })
  @OnEvent('idle.happened', { listenerName: 'fine', onError: 'dead_letter', maxAttempts: 3 })
  @OnEvent('idle.happened', { listenerName: 'slow', backoff: { initial: 1_000 } })
  @OnEvent('idle.happened', { listenerName: 'plain' })
  handle() {
    return undefined;
  }
}

async function idle(listeners: Record<string, ListenerOverrides>): Promise<string[]> {
  const { logs } = await startInMemory({ providers: [Listening], options: { listeners } });
  return logs.filter((line) => line.includes('no effect'));
}

describe('options of a listener that have no effect', () => {
  it('are told at the start, with what to do', async () => {
    expect(await idle({})).toEqual([
      "warn Listener 'once' (Listening.handle (AppModule)): backoff has no effect with onError 'shutdown', which " +
        "makes one attempt only. Say onError: 'dead_letter', or leave it out.",
      "warn Listener 'counting' (Listening.handle (AppModule)): maxAttempts has no effect with onError 'retry', " +
        "which tries until the handler succeeds. Say onError: 'dead_letter', or leave it out.",
    ]);
  });

  it('are those of decorator and forRoot together', async () => {
    const told = await idle({
      once: { onError: 'retry' },
      counting: { onError: 'dead_letter' },
      fine: { onError: 'acknowledge_and_log', retryFor: '1h' },
    });
    expect(told).toEqual([
      expect.stringMatching(
        /'fine'.*: retryFor and maxAttempts have no effect with onError 'acknowledge_and_log', .*leave them out\.$/,
      ),
    ]);
  });
});
