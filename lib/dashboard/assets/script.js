// What the page does beyond links and forms: it keeps itself current, follows a stream, and chooses all. Everything works without it.

/** How often the page is read again, ms. */
const INTERVAL = 5_000;
/** How many rows are kept while following a stream. */
const MOST_ROWS = 200;

const find = (selector, within = document) => within.querySelector(selector);

keepCurrent();
followStream();
chooseAll();

/** Reads the page again, and takes over the parts that are marked as live. */
function keepCurrent() {
  const button = find('#updates');
  if (!button || !find('main [data-live]')) return;
  button.hidden = false;
  let isPaused = false;
  let timer;

  button.addEventListener('click', () => {
    isPaused = !isPaused;
    button.setAttribute('aria-pressed', String(isPaused));
    if (!isPaused) update();
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) update();
  });
  plan();

  function plan() {
    clearTimeout(timer);
    timer = setTimeout(update, INTERVAL);
  }

  async function update() {
    clearTimeout(timer);
    if (!isPaused && !document.hidden) await takeOver().catch(() => undefined);
    plan();
  }

  async function takeOver() {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (!response.ok || response.redirected || isPaused) return;
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const part of document.querySelectorAll('[data-live]')) {
      const now = page.getElementById(part.id);
      if (now && !isInUse(part)) replace(part, now);
    }
  }
}

/** Whether somebody is marking text in it, to copy it. */
function isInUse(part) {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && selection.containsNode(part, true);
}

function replace(part, now) {
  if (part.className !== now.className) part.className = now.className;
  if (part.innerHTML === now.innerHTML) return;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && [...part.querySelectorAll('a, [tabindex], summary')].indexOf(focused);
  const address = focused?.getAttribute('href');
  part.replaceChildren(...now.childNodes);
  if (!focused) return;
  const candidates = [...part.querySelectorAll('a, [tabindex], summary')];
  const same = candidates.find((one) => address && one.getAttribute('href') === address);
  (same ?? candidates[place] ?? find('main')).focus({ preventScroll: true });
}

/** Shows the events of a stream as they come, the newest first. */
function followStream() {
  const controls = find('#tail');
  if (!controls) return;
  controls.hidden = false;
  const [button, status] = [find('button', controls), find('[role=status]', controls)];
  let source = null;
  let [seen, dropped] = [0, 0];

  button.addEventListener('click', () => {
    if (source) stop('Stopped.');
    else start();
  });
  addEventListener('pagehide', () => source && stop('Stopped.'));

  function start() {
    [seen, dropped] = [0, 0];
    source = new EventSource(controls.dataset.address);
    source.addEventListener('open', () => tell('Following: nothing new yet.'));
    source.addEventListener('message', ({ data }) => add(data));
    source.addEventListener('dropped', ({ data }) => {
      dropped += Number(data) || 0;
      tellCount();
    });
    source.addEventListener('error', () => {
      if (source?.readyState === EventSource.CLOSED) stop('The server has ended it.');
      else tell('The connection was lost: trying again …');
    });
    button.setAttribute('aria-pressed', 'true');
    button.textContent = 'Stop following';
    tell('Connecting …');
  }

  function stop(why) {
    source.close();
    source = null;
    button.setAttribute('aria-pressed', 'false');
    button.textContent = 'Follow live';
    tell(why);
  }

  function add(row) {
    const holder = document.createElement('template');
    holder.innerHTML = row;
    const added = find('tr', holder.content);
    if (!added) return;
    added.classList.add('new');
    const body = bodyOfTable();
    body.prepend(added);
    while (body.rows.length > MOST_ROWS) body.rows[body.rows.length - 1].remove();
    seen++;
    tellCount();
  }

  function tellCount() {
    tell(`Following: ${seen} new${dropped > 0 ? `, ${dropped} more left out` : ''}.`);
  }

  // Who hears the page is not told of each event.
  let timer, latest;
  function tell(text) {
    latest = text;
    timer ??= setTimeout(() => {
      timer = undefined;
      status.textContent = latest;
    }, 500);
  }
}

function bodyOfTable() {
  const entries = find('#entries');
  const body = find('tbody', entries);
  if (body) return body;
  const made = document.createElement('template');
  made.innerHTML =
    '<div class="table"><table><caption class="unseen">Events</caption><thead><tr><th scope="col">Time</th>' +
    '<th scope="col">Event</th><th scope="col">Key</th><th scope="col">Payload</th></tr></thead><tbody></tbody></table></div>';
  entries.replaceChildren(made.content);
  return find('tbody', entries);
}

/** One box for all that are listed. */
function chooseAll() {
  const label = find('#choose-all');
  if (!label) return;
  label.hidden = false;
  const all = find('input', label);
  const boxes = [...document.querySelectorAll('input[name=letter]')];
  const look = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  all.addEventListener('change', () => boxes.forEach((box) => (box.checked = all.checked)));
  boxes.forEach((box) => box.addEventListener('change', look));
  look();
}
