/* Durable batched ingest into SQLite: what a table with four secondary indexes takes.
 *
 * usage: sqlite_ingest DATABASE EVENTS SECONDS_MAX
 *
 * EVENTS is a file of records: occurred_at as eight bytes, then organization, target, actor, event
 * type and the encoded event, each with its length in four bytes before it; all little-endian. One
 * transaction holds all records of the file, as one Record request does. The file is stored again
 * and again until SECONDS_MAX have passed. Prints the events and the seconds.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXTS = 5, RECORDS_MAX = 100000 };

typedef struct {
  int64_t occurred_at;
  const char *text[TEXTS];
  uint32_t length[TEXTS];
} record;

static record records[RECORDS_MAX];

static void check(int code, sqlite3 *database) {
  if (code != SQLITE_OK && code != SQLITE_DONE) {
    fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database));
    exit(1);
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static int load(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) {
    perror(path);
    exit(1);
  }
  long size = ftell(file);
  rewind(file);
  char *bytes = malloc(size), *at = bytes;
  if (!bytes || fread(bytes, 1, size, file) != (size_t)size) {
    perror(path);
    exit(1);
  }
  fclose(file);
  int count = 0;
  while (at < bytes + size && count < RECORDS_MAX) {
    record *one = &records[count++];
    memcpy(&one->occurred_at, at, sizeof one->occurred_at);
    at += sizeof one->occurred_at;
    for (int text = 0; text < TEXTS; text++) {
      memcpy(&one->length[text], at, sizeof(uint32_t));
      one->text[text] = at + sizeof(uint32_t);
      at += sizeof(uint32_t) + one->length[text];
    }
  }
  return count;
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: %s DATABASE EVENTS SECONDS_MAX\n", arguments[0]);
    return 64;
  }
  int batch = load(arguments[2]);
  double seconds_max = atof(arguments[3]);
  sqlite3 *database;
  check(sqlite3_open(arguments[1], &database), database);
  check(sqlite3_exec(database,
                     "PRAGMA journal_mode = WAL;"
                     "PRAGMA synchronous = FULL;"
                     "CREATE TABLE events (sequence INTEGER PRIMARY KEY, organization TEXT,"
                     "  occurred_at INTEGER, target TEXT, actor TEXT, event_type TEXT, event BLOB);"
                     "CREATE INDEX by_time ON events (organization, occurred_at);"
                     "CREATE INDEX by_target ON events (organization, target);"
                     "CREATE INDEX by_actor ON events (organization, actor);"
                     "CREATE INDEX by_type ON events (organization, event_type);",
                     NULL, NULL, NULL),
        database);
  sqlite3_stmt *insert;
  check(sqlite3_prepare_v2(database,
                           "INSERT INTO events (organization, occurred_at, target, actor,"
                           " event_type, event) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                           -1, &insert, NULL),
        database);
  long stored = 0;
  double start = now(), end = start;
  while (end - start < seconds_max) {
    check(sqlite3_exec(database, "BEGIN", NULL, NULL, NULL), database);
    for (int i = 0; i < batch; i++) {
      record *one = &records[i];
      sqlite3_bind_text(insert, 1, one->text[0], one->length[0], SQLITE_STATIC);
      sqlite3_bind_int64(insert, 2, one->occurred_at);
      sqlite3_bind_text(insert, 3, one->text[1], one->length[1], SQLITE_STATIC);
      sqlite3_bind_text(insert, 4, one->text[2], one->length[2], SQLITE_STATIC);
      sqlite3_bind_text(insert, 5, one->text[3], one->length[3], SQLITE_STATIC);
      sqlite3_bind_blob(insert, 6, one->text[4], one->length[4], SQLITE_STATIC);
      check(sqlite3_step(insert), database);
      sqlite3_reset(insert);
    }
    check(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL), database);
    stored += batch;
    end = now();
  }
  printf("%ld %.6f\n", stored, end - start);
  sqlite3_finalize(insert);
  sqlite3_close(database);
  return 0;
}
