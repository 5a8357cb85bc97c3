/* The search benchmark's events and pages in PostgreSQL, by libpq: prepared statements, binary results.
 *
 * usage: postgres load   CONNECTION EVENTS
 *        postgres search CONNECTION REQUESTS SAMPLES
 *
 * Prints lines of a name and its values.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <libpq-fe.h>

#include "input.h"

/* The indexes of sqlite.c, with the sequence that SQLite adds by itself. */
static const char *const table =
    "CREATE TABLE events (sequence bigint NOT NULL, recorded_at bigint NOT NULL,"
    "  occurred_at bigint NOT NULL, organization text NOT NULL, actor text NOT NULL,"
    "  target text NOT NULL, event_type text NOT NULL, source text NOT NULL, event bytea NOT NULL)";
static const char *const indexes[] = {
    "ALTER TABLE events ADD PRIMARY KEY (sequence)",
    "CREATE INDEX by_organization ON events (organization, sequence)",
    "CREATE INDEX by_actor ON events (organization, actor, sequence)",
    "CREATE INDEX by_target ON events (organization, target, sequence)",
    "CREATE INDEX by_type ON events (organization, event_type, source, occurred_at, sequence)",
    "VACUUM (ANALYZE, FREEZE) events",
    "CHECKPOINT"};

enum { BY_ORGANIZATION, BY_ACTOR, BY_TARGET, BY_FIELDS, HISTOGRAM, HISTOGRAM_ALL, STATEMENTS };
static const char *const names[STATEMENTS] = {
    "organization", "actor", "target", "fields", "histogram", "histogram_all"};
static const char *const pages[STATEMENTS] = {
    "SELECT event FROM events WHERE organization = $1 ORDER BY sequence DESC LIMIT 100",
    "SELECT event FROM events WHERE organization = $1 AND actor = $2"
    " ORDER BY sequence DESC LIMIT 100",
    "SELECT event FROM events WHERE organization = $1 AND target = $2"
    " ORDER BY sequence DESC LIMIT 100",
    "SELECT event FROM events WHERE sequence = ANY (ARRAY (SELECT sequence FROM events"
    "  WHERE organization = $1 AND event_type = $2 AND source = $3"
    "  AND occurred_at >= $4::bigint AND occurred_at < $5::bigint"
    "  ORDER BY sequence DESC LIMIT 100)) ORDER BY sequence DESC",
    "SELECT occurred_at / $1::bigint, event_type, count(*) FROM events"
    " WHERE occurred_at >= $2::bigint AND occurred_at < $3::bigint AND organization = $4 GROUP BY 1, 2",
    "SELECT occurred_at / $1::bigint, event_type, count(*) FROM events"
    " WHERE occurred_at >= $2::bigint AND occurred_at < $3::bigint GROUP BY 1, 2"};

static PGconn *connection;

static PGresult *check(PGresult *result) {
  ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN)
    fail(PQerrorMessage(connection));
  return result;
}

static void run(const char *sql) { PQclear(check(PQexec(connection, sql))); }

static char *put(char *end, const void *bytes, uint32_t count) {
  uint32_t length = htonl(count);
  memcpy(end, &length, 4);
  memcpy(end + 4, bytes, count);
  return end + 4 + count;
}

static char *put_number(char *end, int64_t number) {
  uint64_t bytes = htobe64(number);
  return put(end, &bytes, sizeof bytes);
}

/* One row in the binary format of COPY. */
static char *put_row(char *end, int64_t sequence, const record *one) {
  uint16_t columns = htons(3 + TEXTS);
  memcpy(end, &columns, 2);
  end = put_number(end + 2, sequence);
  end = put_number(end, one->recorded_at);
  end = put_number(end, one->occurred_at);
  for (int text = 0; text < TEXTS; text++) end = put(end, one->text[text], one->length[text]);
  return end;
}

static void send_copy(const char *bytes, int count) {
  if (PQputCopyData(connection, bytes, count) != 1) fail(PQerrorMessage(connection));
}

static void load(const char *path) {
  run(table);
  double start = now();
  run("COPY events FROM STDIN (FORMAT binary)");
  static const char header[19] = "PGCOPY\n\377\r\n";
  send_copy(header, sizeof header);
  enum { PIECE = 1 << 20 };
  char *buffer = malloc(2 * PIECE), *end = buffer;
  events_file file = open_events(path);
  record one;
  long stored = 0;
  while (next_event(&file, &one)) {
    end = put_row(end, ++stored, &one);
    if (end - buffer < PIECE) continue;
    send_copy(buffer, end - buffer);
    end = buffer;
  }
  memcpy(end, "\377\377", 2);
  send_copy(buffer, end + 2 - buffer);
  if (PQputCopyEnd(connection, NULL) != 1) fail(PQerrorMessage(connection));
  PQclear(check(PQgetResult(connection)));
  while (PQgetResult(connection)) {
  }
  for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) run(indexes[i]);
  printf("events %ld\nstored-seconds %f\n", stored, now() - start);
  PGresult *size = check(PQexec(connection, "SELECT pg_total_relation_size('events')"));
  printf("disk-bytes %s\n", PQgetvalue(size, 0, 0));
  PQclear(size);
  free(buffer);
}

static int ask_histogram(const request *one) {
  int is_all = !one->text[ORGANIZATION][0], found = 0;
  uint64_t bucket = htobe64(HISTOGRAM_BUCKET), since = htobe64(one->since), until = htobe64(one->until);
  const char *values[] = {(char *)&bucket, (char *)&since, (char *)&until, one->text[ORGANIZATION]};
  int lengths[] = {8, 8, 8, 0}, formats[] = {1, 1, 1, 0};
  const char *name = names[is_all ? HISTOGRAM_ALL : HISTOGRAM];
  PGresult *rows =
      check(PQexecPrepared(connection, name, is_all ? 3 : 4, values, lengths, formats, 1));
  for (int row = 0; row < PQntuples(rows); row++) {
    uint64_t count;
    memcpy(&count, PQgetvalue(rows, row, 2), sizeof count);
    found += be64toh(count);
  }
  PQclear(rows);
  return found;
}

static int ask(const request *one, char *page) {
  if (is_histogram(one)) return ask_histogram(one);
  const char *values[5] = {one->text[ORGANIZATION]};
  int lengths[5], formats[5] = {0}, by, parameters = 2;
  uint64_t since = htobe64(one->since), until = htobe64(one->until);
  if (one->text[EVENT_TYPE][0]) {
    by = BY_FIELDS;
    parameters = 5;
    values[1] = one->text[EVENT_TYPE];
    values[2] = one->text[SOURCE];
    values[3] = (char *)&since;
    values[4] = (char *)&until;
    formats[3] = formats[4] = 1;
    lengths[3] = lengths[4] = 8;
  } else if (one->text[ACTOR][0]) {
    by = BY_ACTOR;
    values[1] = one->text[ACTOR];
  } else if (one->text[TARGET][0]) {
    by = BY_TARGET;
    values[1] = one->text[TARGET];
  } else {
    by = BY_ORGANIZATION;
    parameters = 1;
  }
  PGresult *rows =
      check(PQexecPrepared(connection, names[by], parameters, values, lengths, formats, 1));
  int found = PQntuples(rows);
  char *end = page;
  for (int row = 0; row < found; row++) {
    int bytes = PQgetlength(rows, row, 0);
    if (end + bytes > page + PAGE_BYTES_MAX) fail("a page is too large");
    memcpy(end, PQgetvalue(rows, row, 0), bytes);
    end += bytes;
  }
  PQclear(rows);
  return found;
}

int main(int count, char **arguments) {
  int is_load = count == 4 && !strcmp(arguments[1], "load");
  int is_search = count == 5 && !strcmp(arguments[1], "search");
  if (!is_load && !is_search) fail("usage: see the top of postgres.c");
  connection = PQconnectdb(arguments[2]);
  if (PQstatus(connection) != CONNECTION_OK) fail(PQerrorMessage(connection));
  if (is_load) {
    load(arguments[3]);
  } else {
    /* One plan for all values: each has its index. */
    run("SET plan_cache_mode = force_generic_plan");
    for (int by = 0; by < STATEMENTS; by++)
      PQclear(check(PQprepare(connection, names[by], pages[by], 0, NULL)));
    measure_pages(arguments[3], atoi(arguments[4]), ask);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/statm", PQbackendPID(connection));
    printf("backend %d\n", PQbackendPID(connection));
    printf("resident-bytes %ld\n", resident_bytes());
  }
  PQfinish(connection);
  return 0;
}
