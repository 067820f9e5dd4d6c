import { FOLDED_LINES } from '../src/view/lines';
import type { Host } from '../src/view/host';
import { OrderedEvents } from '../src/view/ordered';
import { TaskView } from '../src/view/view';
import { golden, output, running } from './golden';

const frame = () =>
  new Promise(resolve => window.requestAnimationFrame(resolve));

function made(host: Partial<Host> = {}) {
  const view = new TaskView({
    host: {
      cancel: () => Promise.resolve(),
      renderMime: data => {
        const element = document.createElement('span');
        element.textContent = JSON.stringify(data);
        return Promise.resolve({ element, dispose: () => undefined });
      },
      ...host
    },
    transcript: 'what was kept'
  });
  document.body.replaceChildren(view.element);
  return view;
}

const query = (selector: string) =>
  document.querySelector<HTMLElement>(selector)!;

test('what was kept is shown until the task is known', async () => {
  const view = made();
  expect(query('.jpc-kept').hidden).toBe(false);
  view.task(golden('shell_task.jsonl').task);
  await frame();
  expect(query('.jpc-kept').hidden).toBe(true);
  expect(query('.jpc-card').hidden).toBe(false);
});

test('text is text, whatever it looks like', async () => {
  const view = made();
  const { task, events } = golden('shell_task.jsonl');
  view.task(task);
  view.events(events);
  await frame();
  expect(document.querySelector('b')).toBeNull();
  expect(query('.jpc-lines').textContent).toContain('<b>another</b>');
  expect(query('.jpc-header').textContent).toContain('Error · exit code');
});

test('long text is folded, and shown when asked; what comes is drawn, not all anew', async () => {
  const view = made();
  view.task(running());
  view.events([output(1, 'x\n'.repeat(100))]);
  await frame();
  expect(document.querySelectorAll('.jpc-line')).toHaveLength(FOLDED_LINES);
  query('.jpc-text .jpc-more').click();
  expect(document.querySelectorAll('.jpc-line')).toHaveLength(100);
  const first = query('.jpc-line');
  view.events([output(2, 'y\n')]);
  await frame();
  expect(document.querySelectorAll('.jpc-line')).toHaveLength(101);
  expect(query('.jpc-line')).toBe(first);
});

test('a line that changes is drawn again', async () => {
  const view = made();
  view.task(running());
  view.events([output(1, 'top\n 10%')]);
  await frame();
  view.events([output(2, '\r 20%')]);
  await frame();
  const lines = [...document.querySelectorAll('.jpc-line')];
  expect(lines.map(line => line.textContent)).toEqual(['top', ' 20%']);
});

test('Cancel answers at once, and says why not', async () => {
  let refuse: (reason: Error) => void = () => undefined;
  const cancel = () => new Promise<void>((_, no) => (refuse = no));
  const view = made({ cancel });
  view.task(running());
  await frame();
  const button = query('.jpc-header button') as HTMLButtonElement;
  expect(button.getAttribute('aria-label')).toContain('Cancel task');
  button.click();
  expect([button.textContent, button.disabled]).toEqual(['Cancelling…', true]);
  refuse(new Error('too late'));
  await frame();
  expect(button.disabled).toBe(false);
  expect(query('[role=alert]').textContent).toBe('Not cancelled: too late');
});

test.each([
  { type: 'Wait', timeout: 5 } as const,
  {
    type: 'Ticker',
    message: '',
    interval: 1,
    iterations: 1,
    cancellable: false
  } as const
])('no Cancel where the server would refuse: %j', async runnable => {
  made().task({ ...running(), runnable });
  await frame();
  expect(query('.jpc-header button').hidden).toBe(true);
});

test('a lost connection is not the task’s status', async () => {
  const view = made();
  view.task(running());
  view.connection('reconnecting');
  await frame();
  expect(query('.jpc-status').textContent).toBe('Running');
  expect(query('.jpc-connection').textContent).toBe('Reconnecting…');
});

test('events that come late are put in their place', () => {
  const ordered = new OrderedEvents();
  const seqs = (from: number[]) => {
    const { events, anew } = ordered.add(from.map(seq => output(seq, '')));
    return [events.map(event => event.seq), anew];
  };
  expect(seqs([5, 6])).toEqual([[5, 6], false]);
  expect(seqs([1, 2, 5])).toEqual([[1, 2, 5, 6], true]);
  expect(seqs([6, 7])).toEqual([[7], false]);
});
