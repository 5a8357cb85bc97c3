/* The search benchmark's events and pages in SQLite.
 *
 * usage: sqlite ingest DATABASE EVENTS BATCH SECONDS_MAX   durably, batch by batch, all indexes there
 *        sqlite load   DATABASE EVENTS                     as fast as it goes: for the search
 *        sqlite search DATABASE REQUESTS SAMPLES
 *
 * Prints lines of a name and its values.
 */
#include <sqlite3.h>

#include "input.h"

/* A row id is the last column of every index, so that each of these gives its pages in the order of
 * sequence without sorting, but for the last: it finds a range of time, whose newest rows are sorted by
 * their row ids alone. What is indexed stands beside the encoded event, which SQL cannot look into. */
static const char *const table =
    "CREATE TABLE events (sequence INTEGER PRIMARY KEY, recorded_at INTEGER NOT NULL,"
    "  occurred_at INTEGER NOT NULL, organization TEXT NOT NULL, actor TEXT NOT NULL,"
    "  target TEXT NOT NULL, event_type TEXT NOT NULL, source TEXT NOT NULL, event BLOB NOT NULL)";
static const char *const indexes =
    "CREATE INDEX by_organization ON events (organization);"
    "CREATE INDEX by_actor ON events (organization, actor);"
    "CREATE INDEX by_target ON events (organization, target);"
    "CREATE INDEX by_type ON events (organization, event_type, source, occurred_at)";

enum { BY_ORGANIZATION, BY_ACTOR, BY_TARGET, BY_FIELDS, HISTOGRAM, HISTOGRAM_ALL, STATEMENTS };
static const char *const pages[STATEMENTS] = {
    "SELECT event FROM events WHERE organization = ?1 ORDER BY sequence DESC LIMIT 100",
    "SELECT event FROM events WHERE organization = ?1 AND actor = ?2"
    " ORDER BY sequence DESC LIMIT 100",
    "SELECT event FROM events WHERE organization = ?1 AND target = ?2"
    " ORDER BY sequence DESC LIMIT 100",
    "SELECT event FROM events WHERE sequence IN (SELECT sequence FROM events"
    "  WHERE organization = ?1 AND event_type = ?2 AND source = ?3"
    "  AND occurred_at >= ?4 AND occurred_at < ?5 ORDER BY sequence DESC LIMIT 100)"
    " ORDER BY sequence DESC",
    "SELECT occurred_at / ?1, event_type, count(*) FROM events WHERE organization = ?2"
    " AND occurred_at >= ?3 AND occurred_at < ?4 GROUP BY 1, 2",
    "SELECT occurred_at / ?1, event_type, count(*) FROM events"
    " WHERE occurred_at >= ?3 AND occurred_at < ?4 GROUP BY 1, 2"};

static sqlite3 *database;
static sqlite3_stmt *statements[STATEMENTS];

static void check(int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) fail(sqlite3_errmsg(database));
}

static void run(const char *sql) { check(sqlite3_exec(database, sql, NULL, NULL, NULL)); }

static sqlite3_stmt *prepare(const char *sql) {
  sqlite3_stmt *statement;
  check(sqlite3_prepare_v2(database, sql, -1, &statement, NULL));
  return statement;
}

static void insert(sqlite3_stmt *statement, long sequence, const record *one) {
  sqlite3_bind_int64(statement, 1, sequence);
  sqlite3_bind_int64(statement, 2, one->recorded_at);
  sqlite3_bind_int64(statement, 3, one->occurred_at);
  for (int text = 0; text < EVENT; text++)
    sqlite3_bind_text(statement, 4 + text, one->text[text], one->length[text], SQLITE_STATIC);
  sqlite3_bind_blob(statement, 4 + EVENT, one->text[EVENT], one->length[EVENT], SQLITE_STATIC);
  check(sqlite3_step(statement));
  sqlite3_reset(statement);
}

static void say_size(const char *path) {
  struct stat status;
  if (stat(path, &status)) fail("the database cannot be found");
  printf("disk-bytes %ld\n", (long)status.st_size);
}

static void store(const char *path, const char *events, int batch, double seconds_max) {
  int is_durable = batch > 0;
  run(is_durable ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -262144"
                 : "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;"
                   "PRAGMA threads = 1");
  run(table);
  if (is_durable) run(indexes);
  sqlite3_stmt *statement = prepare("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
  events_file file = open_events(events);
  record one;
  long stored = 0;
  double start = now();
  run("BEGIN");
  while (next_event(&file, &one)) {
    insert(statement, ++stored, &one);
    if (!is_durable || stored % batch) continue;
    run("COMMIT");
    if (now() - start > seconds_max) break;
    run("BEGIN");
  }
  if (!sqlite3_get_autocommit(database)) run("COMMIT");
  double seconds = now() - start;
  sqlite3_finalize(statement);
  if (!is_durable) run(indexes);
  printf("events %ld\nstored-seconds %f\n", stored, seconds);
  printf("resident-bytes %ld\n", resident_bytes());
  run("PRAGMA wal_checkpoint(TRUNCATE)");
  say_size(path);
}

static int ask_histogram(const request *one) {
  int is_all = !one->text[ORGANIZATION][0], found = 0;
  sqlite3_stmt *statement = statements[is_all ? HISTOGRAM_ALL : HISTOGRAM];
  sqlite3_bind_int64(statement, 1, HISTOGRAM_BUCKET);
  if (!is_all) sqlite3_bind_text(statement, 2, one->text[ORGANIZATION], -1, SQLITE_STATIC);
  sqlite3_bind_int64(statement, 3, one->since);
  sqlite3_bind_int64(statement, 4, one->until);
  while (sqlite3_step(statement) == SQLITE_ROW) found += sqlite3_column_int(statement, 2);
  check(sqlite3_reset(statement));
  return found;
}

static int ask(const request *one, char *page) {
  if (is_histogram(one)) return ask_histogram(one);
  int by = one->text[EVENT_TYPE][0] ? BY_FIELDS
           : one->text[ACTOR][0]    ? BY_ACTOR
           : one->text[TARGET][0]   ? BY_TARGET
                                    : BY_ORGANIZATION;
  sqlite3_stmt *statement = statements[by];
  sqlite3_bind_text(statement, 1, one->text[ORGANIZATION], -1, SQLITE_STATIC);
  if (by == BY_ACTOR || by == BY_TARGET) {
    sqlite3_bind_text(statement, 2, one->text[by == BY_ACTOR ? ACTOR : TARGET], -1, SQLITE_STATIC);
  } else if (by == BY_FIELDS) {
    sqlite3_bind_text(statement, 2, one->text[EVENT_TYPE], -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, one->text[SOURCE], -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 4, one->since);
    sqlite3_bind_int64(statement, 5, one->until);
  }
  int found = 0;
  char *end = page;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    int bytes = sqlite3_column_bytes(statement, 0);
    if (end + bytes > page + PAGE_BYTES_MAX) fail("a page is too large");
    memcpy(end, sqlite3_column_blob(statement, 0), bytes);
    end += bytes;
    found++;
  }
  check(sqlite3_reset(statement));
  return found;
}

int main(int count, char **arguments) {
  int is_ingest = count == 6 && !strcmp(arguments[1], "ingest");
  int is_load = count == 4 && !strcmp(arguments[1], "load");
  int is_search = count == 5 && !strcmp(arguments[1], "search");
  if (!is_ingest && !is_load && !is_search) fail("usage: see the top of sqlite.c");
  check(sqlite3_open(arguments[2], &database));
  if (is_search) {
    /* As much cache as the store of AuditRPC has, and what of the file fits is mapped. */
    run("PRAGMA cache_size = -262144; PRAGMA mmap_size = 2147418112");
    for (int by = 0; by < STATEMENTS; by++) statements[by] = prepare(pages[by]);
    measure_pages(arguments[3], atoi(arguments[4]), ask);
    printf("resident-bytes %ld\n", resident_bytes());
    for (int by = 0; by < STATEMENTS; by++) sqlite3_finalize(statements[by]);
  } else {
    store(arguments[2], arguments[3], is_ingest ? atoi(arguments[4]) : 0,
          is_ingest ? atof(arguments[5]) : 0);
  }
  sqlite3_close(database);
  return 0;
}
