/* What the programs of the search benchmark share: the files of events and of requests, which StoreBench
 * writes (EventsFile.swift, PageRequest.swift), and how figures are said.
 */
#ifndef SEARCH_INPUT_H
#define SEARCH_INPUT_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TEXTS = 6, ORGANIZATION = 0, ACTOR, TARGET, EVENT_TYPE, SOURCE, EVENT };
enum { REQUESTS_MAX = 4096, SAMPLES_MAX = 1 << 20, PAGE_EVENTS = 100, PAGE_BYTES_MAX = 4 << 20 };
/* A histogram looks at all events and is asked for less often. */
enum { PAGES_PER_HISTOGRAM = 50 };
/* The width of its buckets, in nanoseconds. */
#define HISTOGRAM_BUCKET 43200000000000

static void fail(const char *message) {
  fprintf(stderr, "%s\n", message);
  exit(1);
}

/* CLOCK_MONOTONIC, in seconds. */
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

/* What of this process is in memory, in bytes, without files that are mapped. */
static inline long resident_bytes(void) {
  long ignored, pages, mapped;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%ld %ld %ld", &ignored, &pages, &mapped) != 3)
    fail("no /proc/self/statm");
  fclose(file);
  return (pages - mapped) * sysconf(_SC_PAGESIZE);
}

typedef struct {
  int64_t occurred_at, recorded_at;
  const char *text[TEXTS];
  uint32_t length[TEXTS];
} record;

typedef struct {
  const char *at, *end;
} events_file;

static events_file open_events(const char *path) {
  struct stat status;
  int file = open(path, O_RDONLY);
  if (file < 0 || fstat(file, &status)) fail("the file of events cannot be read");
  char *start = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (start == MAP_FAILED) fail("the file of events cannot be mapped");
  close(file);
  madvise(start, status.st_size, MADV_SEQUENTIAL);
  return (events_file){start, start + status.st_size};
}

/* False at the end. */
static int next_event(events_file *file, record *one) {
  if (file->at >= file->end) return 0;
  memcpy(&one->occurred_at, file->at, 8);
  memcpy(&one->recorded_at, file->at + 8, 8);
  /* The id: it is in the encoded event too. */
  file->at += 32;
  for (int text = 0; text < TEXTS; text++) {
    memcpy(&one->length[text], file->at, 4);
    one->text[text] = file->at + 4;
    file->at += 4 + one->length[text];
  }
  return 1;
}

typedef struct {
  char kind[64];
  /* Up to SOURCE; an empty one does not narrow. */
  char text[EVENT][128];
  int64_t since, until;
} request;

static int read_requests(const char *path, request *requests) {
  FILE *file = fopen(path, "r");
  if (!file) fail("the file of requests cannot be read");
  char line[2048];
  int count = 0;
  while (fgets(line, sizeof line, file)) {
    if (count == REQUESTS_MAX) fail("too many requests");
    request *one = &requests[count++];
    char *rest = line;
    snprintf(one->kind, sizeof one->kind, "%s", strsep(&rest, "\t"));
    for (int text = 0; text < EVENT; text++) {
      if (!rest) fail("a line is no request");
      snprintf(one->text[text], sizeof one->text[text], "%s", strsep(&rest, "\t"));
    }
    if (!rest) fail("a line is no request");
    one->since = strtoll(strsep(&rest, "\t"), NULL, 10);
    one->until = rest ? strtoll(rest, NULL, 10) : 0;
  }
  fclose(file);
  return count;
}

static inline int is_histogram(const request *one) { return !strncmp(one->kind, "histogram", 9); }

static int by_size(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return (difference > 0) - (difference < 0);
}

/* Asks for one page and copies its events into `page`; how many there were. Of a histogram, how many events its
 * counts are together. */
typedef int (*page_function)(const request *, char *page);

/* Asks each kind of page `samples` times, after all were asked twice, and says median and 99th percentile in
 * microseconds and the events of a page. */
static void measure_pages(const char *path, int samples, page_function ask) {
  static request requests[REQUESTS_MAX];
  static double times[SAMPLES_MAX];
  char *page = malloc(PAGE_BYTES_MAX);
  int count = read_requests(path, requests);
  for (int first = 0; first < count; first++) {
    int members[REQUESTS_MAX], size = 0, is_new = 1;
    for (int i = 0; i < count; i++) {
      if (strcmp(requests[i].kind, requests[first].kind)) continue;
      if (i < first) is_new = 0;
      members[size++] = i;
    }
    if (!is_new) continue;
    int wanted = (is_histogram(&requests[first]) ? samples / PAGES_PER_HISTOGRAM : samples) / size;
    int rounds = wanted < 1 ? 1 : wanted, taken = 0;
    long events = 0;
    for (int round = -2; round < rounds; round++) {
      for (int i = 0; i < size; i++) {
        double start = now();
        int found = ask(&requests[members[i]], page);
        double seconds = now() - start;
        if (round < 0) {
          events += round == -1 ? found : 0;
        } else if (taken < SAMPLES_MAX) {
          times[taken++] = seconds * 1e6;
        }
      }
    }
    qsort(times, taken, sizeof *times, by_size);
    printf("page %s %f %f %f\n", requests[first].kind, times[taken / 2], times[taken * 99L / 100],
           (double)events / size);
    fflush(stdout);
  }
  free(page);
}

#endif
