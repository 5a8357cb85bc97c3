/* Follows events on many subscriptions, publishes them, and measures what comes between: one thread, one process,
 * the same clock for both ends, and the same work on each event whatever the protocol.
 *
 * usage: feed_load PROTOCOL PORT TEMPLATE [NAME=VALUE ...]
 *
 * PROTOCOL is auditrpc, http, nats, jetstream, redis or redis-streams. TEMPLATE is a file with one event's bytes. Event
 * number n is of organization n % organizations, and subscriber i follows organization i % organizations; it must
 * get every event of it, once, in order, or the program says what was wrong and fails.
 *
 * With a window, events go out as fast as they are acknowledged and delivered: the slowest subscriber lacks no more
 * than so many. With a rate they go out by the clock, whatever comes back, and each delay is counted from the moment
 * at which its event was due. Prints one JSON object. Ends with 2 when the time ran out before all was there.
 */
#include "load.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { READY_SECONDS_MAX = 60, TOO_SLOW = 2 };
static const uint64_t SECOND = 1000000000, TICK = 1000000;

load run;

_Noreturn void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("feed_load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputs("\n", stderr);
  exit(1);
}

uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * SECOND + time.tv_nsec;
}

void subscriber_is_ready(subscriber *one) {
  if (one->ready) fail("subscriber %ld is ready twice", one - run.subscribers);
  one->ready = true;
  run.readyCount++;
}

/* The first event that the slowest subscriber lacks; all that are published when nobody lacks any. */
static uint64_t slowest(void) {
  uint64_t least = run.published;
  if (run.settings.filters > 0) return least;
  for (int i = 0; i < run.settings.subscribers; i++) {
    const subscriber *one = &run.subscribers[i];
    if (!one->stuck && one->next < least) least = one->next;
  }
  return least;
}

/* What the publisher must not be further ahead of than the window. */
static uint64_t done(void) {
  uint64_t delivered = slowest();
  bool waits = run.protocol->acknowledges && run.acknowledged < delivered;
  return waits ? run.acknowledged : delivered;
}

static void publish(size_t count, uint64_t time) {
  run.protocol->publish(run.published, count, time);
  run.published += count;
  connection_flush(run.publisher);
}

static void publish_window(void) {
  const settings *settings = &run.settings;
  while (run.published + settings->batch <= done() + settings->window &&
         run.publisher->outEnd < OUT_BYTES_MAX)
    publish(settings->batch, now());
}

/* Every tick's events at once, with the time at which they were due. Gives the next tick. */
static uint64_t publish_due(uint64_t start, uint64_t tick) {
  const settings *settings = &run.settings;
  for (; start + tick * TICK <= now(); tick++) {
    uint64_t due = (tick + 1) * settings->rate * TICK / SECOND;
    while (run.published < due) {
      size_t count = due - run.published;
      publish(count < settings->batch ? count : settings->batch, start + tick * TICK);
    }
  }
  return tick;
}

static void await_ready(void) {
  uint64_t end = now() + READY_SECONDS_MAX * SECOND;
  while (run.readyCount < run.settings.subscribers) {
    if (now() > end) fail("%d of %d are ready", run.readyCount, run.settings.subscribers);
    connections_turn(now() + SECOND / 10);
  }
}

/* Until all that was published is delivered and acknowledged. */
static void drain(void) {
  uint64_t end = now() + run.settings.drainSeconds * SECOND;
  while (done() < run.published) {
    if (now() > end) {
      fprintf(stderr,
              "feed_load: of %lu events %lu were acknowledged; the slowest subscriber lacks %lu and on\n",
              run.published, run.acknowledged, slowest());
      exit(TOO_SLOW);
    }
    connections_turn(now() + SECOND / 10);
  }
}

static int ascending(const void *one, const void *other) {
  uint32_t left = *(const uint32_t *)one, right = *(const uint32_t *)other;
  return (left > right) - (left < right);
}

static uint32_t percentile(double share) {
  if (run.sampleCount == 0) return 0;
  size_t at = share * run.sampleCount;
  return run.samples[at < run.sampleCount ? at : run.sampleCount - 1];
}

static double cpu_seconds(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_stime.tv_sec +
         (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void follow_and_publish(void) {
  const settings *settings = &run.settings;
  if (settings->rate > 0) {
    int each = settings->subscribers / settings->organizations + 1;
    uint64_t most = settings->rate * settings->seconds * each + settings->subscribers;
    run.sampleRoom = most < SAMPLES_MAX ? most : SAMPLES_MAX;
    run.samples = malloc(run.sampleRoom * sizeof *run.samples);
    if (!run.samples) fail("no memory");
  }
  uint64_t start = now(), tick = 0, warm = start + settings->warmSeconds * SECOND,
           end = start + settings->seconds * SECOND;
  uint64_t before = 0, publishedBefore = 0, cameBefore = start;
  double cpuBefore = 0;
  bool isWarm = false;
  while (now() < end && run.published < settings->eventsMax) {
    if (!isWarm && now() >= warm) {
      isWarm = true;
      before = run.deliveries;
      publishedBefore = run.published;
      cameBefore = now();
      cpuBefore = cpu_seconds();
      run.sampleCount = 0;
    }
    uint64_t wait = now() + SECOND / 100;
    if (settings->window > 0) {
      publish_window();
    } else {
      tick = publish_due(start, tick);
      wait = start + tick * TICK;
    }
    connections_turn(wait);
  }
  drain();
  double seconds = (now() - cameBefore) / 1e9;
  qsort(run.samples, run.sampleCount, sizeof *run.samples, ascending);
  printf("{\"published\": %lu, \"acknowledged\": %lu, \"deliveries\": %lu, \"bytes\": %lu, "
         "\"fell_behind\": %lu, \"seconds\": %.6f, \"published_per_second\": %.1f, "
         "\"deliveries_per_second\": %.1f, \"load_cpu_seconds\": %.3f, \"samples\": %zu, "
         "\"p50_us\": %u, \"p99_us\": %u, \"p999_us\": %u, \"max_us\": %u}\n",
         run.published, run.acknowledged, run.deliveries, run.deliveredBytes, run.fellBehind, seconds,
         (run.published - publishedBefore) / seconds, (run.deliveries - before) / seconds,
         cpu_seconds() - cpuBefore, run.sampleCount, percentile(0.5), percentile(0.99),
         percentile(0.999), percentile(1));
}

/* Follows until the standard input ends, and says when all are there. */
static void hold(void) {
  uint64_t end = now() + run.settings.seconds * SECOND;
  puts("ready");
  fflush(stdout);
  for (;;) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, 0) != 0) return;
    if (now() > end) fail("held for %.0f seconds", run.settings.seconds);
    connections_turn(now() + SECOND / 20);
  }
}

static void read_setting(const char *text) {
  settings *to = &run.settings;
  const char *equals = strchr(text, '=');
  if (!equals) fail("%s is no NAME=VALUE", text);
  char *end;
  double value = strtod(equals + 1, &end);
  if (*end || end == equals + 1 || value < 0 || value > 1e12) fail("%s has no value", text);
#define IS(name) (strncmp(text, name, equals - text) == 0 && strlen(name) == (size_t)(equals - text))
  if (IS("subscribers")) to->subscribers = value;
  else if (IS("http-port")) to->httpPort = value;
  else if (IS("connections")) to->connections = value;
  else if (IS("organizations")) to->organizations = value;
  else if (IS("stuck")) to->stuck = value;
  else if (IS("batch")) to->batch = value;
  else if (IS("window")) to->window = value;
  else if (IS("rate")) to->rate = value;
  else if (IS("events")) to->eventsMax = value;
  else if (IS("seconds")) to->seconds = value;
  else if (IS("warm")) to->warmSeconds = value;
  else if (IS("drain")) to->drainSeconds = value;
  else if (IS("filters")) to->filters = value;
  else if (IS("filter-organizations")) to->filterOrganizations = value;
  else if (IS("filter-first")) to->filterFirst = value;
  else if (IS("hold")) to->hold = value > 0;
  else fail("%s is no setting", text);
#undef IS
}

static void check_settings(void) {
  settings *all = &run.settings;
  if (all->connections == 0) all->connections = all->subscribers > 0 ? all->subscribers : 1;
  if (all->subscribers > SUBSCRIBERS_MAX || all->stuck > all->subscribers ||
      all->connections > SUBSCRIBERS_MAX || all->organizations < 1 ||
      all->organizations + all->filterFirst + all->filterOrganizations > ORGANIZATIONS_MAX ||
      all->filterOrganizations < 1 || all->batch < 1 || all->batch > BATCH_MAX ||
      all->seconds > 600 || all->drainSeconds > 600 || all->eventsMax > UINT32_MAX)
    fail("a setting is out of range");
  if (all->filters > 0 && run.protocol != &auditrpc) fail("only AuditRPC has filters");
  if (!all->hold && (all->window > 0) == (all->rate > 0)) fail("either a window or a rate");
}

int main(int count, char **arguments) {
  const protocol *all[] = {&auditrpc, &http, &nats, &jetstream, &redis, &redisStreams};
  for (size_t i = 0; count >= 4 && i < sizeof all / sizeof *all; i++)
    if (strcmp(arguments[1], all[i]->name) == 0) run.protocol = all[i];
  if (!run.protocol) {
    fprintf(stderr, "usage: %s PROTOCOL PORT TEMPLATE [NAME=VALUE ...]\n", arguments[0]);
    return 64;
  }
  run.settings = (settings){.port = atoi(arguments[2]),
                            .organizations = 1, .batch = 100, .eventsMax = UINT32_MAX, .seconds = 5,
                            .warmSeconds = 1, .drainSeconds = 30, .filterOrganizations = 1};
  for (int i = 4; i < count; i++) read_setting(arguments[i]);
  check_settings();
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  event_read_template(arguments[3]);
  run.subscribers = calloc(run.settings.subscribers + 1, sizeof *run.subscribers);
  if (!run.subscribers) fail("no memory");
  for (int i = 0; i < run.settings.subscribers; i++) {
    run.subscribers[i].next = i % run.settings.organizations;
    run.subscribers[i].stuck = i >= run.settings.subscribers - run.settings.stuck;
  }
  run.protocol->open();
  await_ready();
  if (run.settings.hold) hold();
  else follow_and_publish();
  return 0;
}
