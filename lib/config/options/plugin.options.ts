import Type from 'typebox';
import { nullable, option, section } from './option.js';

const enabled = option(Type.Boolean(), {
  description: 'Whether the plugin runs.',
  default: false,
  python: false,
});

/** `plugins`: those that come with Python Lightbus. Known, not used. */
export const pluginOptions = section(
  {
    internal_metrics: nullable(
      section({ enabled }, { description: 'Fires events about every message of the bus.' }),
    ),
    internal_state: nullable(
      section(
        {
          enabled,
          ping_enabled: option(Type.Boolean(), {
            description: 'Whether the process reports regularly that it lives.',
            default: true,
            python: true,
          }),
          ping_interval: option(Type.Integer(), {
            description: 'How often it reports.',
            default: 60,
            python: 60,
            unit: 'seconds',
          }),
        },
        { description: 'Fires events when processes start, live and stop.' },
      ),
    ),
  },
  { description: "Python Lightbus's plugins.", used: false },
);
