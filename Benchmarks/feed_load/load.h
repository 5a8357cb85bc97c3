/* What the parts of the feed's load program share; main.c says what the program does. */
#ifndef FEED_LOAD_H
#define FEED_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  /* "org-00042": an organization, a subject, a channel or the key of a stream. */
  ORGANIZATION_BYTES = 9,
  ORGANIZATIONS_MAX = 100000,
  SUBSCRIBERS_MAX = 10000,
  /* A number and a time, eight and sixteen hexadecimal digits. */
  MARK_BYTES = 24,
  /* The template, and what a server adds to an event of it. */
  EVENT_BYTES_MAX = 1024,
  BATCH_MAX = 1000,
  /* What waits for its rest: the longest are the answers of JetStream's API. */
  CARRY_BYTES_MAX = 8192,
  /* Of one look at a socket, either way. */
  RECEIVE_BYTES = 256 << 10,
  SEND_BYTES = 256 << 10,
  /* Bytes that wait for a socket, above which no more is published. */
  OUT_BYTES_MAX = 4 << 20,
  SAMPLES_MAX = 50000000,
};

typedef struct connection connection;

/* The end of what came whose rest is not there yet. */
typedef struct {
  uint8_t *bytes;
  size_t length;
} carry;

/* Takes whole parts from the front of `bytes`; says how many bytes they had. */
typedef size_t taker(void *context, const uint8_t *bytes, size_t length);

/* One follower of one organization. */
typedef struct {
  uint64_t next; /* the number of the event that must come next */
  connection *connection;
  bool ready;
  bool stuck;         /* reads nothing once it is ready */
  carry carry;        /* AuditRPC: of its stream */
  size_t messageLeft; /* AuditRPC: bytes of the message that are not taken yet */
  size_t eventsLeft;  /* AuditRPC: of its field of events; Redis: entries of the answer */
  char lastID[48];    /* Redis streams: where the next XREAD begins */
} subscriber;

struct connection {
  int descriptor;
  bool awaitsRoom; /* the socket took less than there was */
  bool isStuck;
  uint8_t *out;
  size_t outFirst, outEnd, outRoom;
  carry carry;
  subscriber *subscriber; /* NATS, Redis and HTTP: whose connection it is; NULL for the publisher's */
  void *session;          /* AuditRPC: the nghttp2 session */
};

/* One server's way to publish and to follow. */
typedef struct {
  const char *name;
  /* Says that an event is stored, or handed on, with an answer that is counted. */
  bool acknowledges;
  /* Begins whatever makes every subscriber ready. */
  void (*open)(void);
  void (*receive)(connection *, const uint8_t *bytes, size_t length);
  void (*publish)(uint64_t first, size_t count, uint64_t time);
  /* Moves what waits elsewhere into `out`; NULL where all is there already. */
  void (*fill)(connection *);
} protocol;

typedef struct {
  int port;
  int httpPort; /* AuditRPC over HTTP: where subscribers connect */
  int subscribers, connections, organizations, stuck;
  size_t batch;
  uint64_t window;    /* events that the slowest subscriber may lack; 0: a fixed rate */
  uint64_t rate;      /* events a second */
  uint64_t eventsMax; /* in all */
  double seconds, warmSeconds, drainSeconds;
  /* AuditRPC only. 0: no filter; else so many different ones, and nothing ever matches any of them. */
  int filters;
  int filterOrganizations; /* which the filtered spread over; the first of them is `filterFirst` */
  int filterFirst;
  bool hold; /* only follow, until the standard input ends */
} settings;

/* The state of the run. One thread has it. */
typedef struct {
  settings settings;
  const protocol *protocol;
  subscriber *subscribers;
  connection *publisher;
  int readyCount;
  uint64_t published, acknowledged;
  uint64_t deliveries, deliveredBytes;
  uint64_t fellBehind;
  uint64_t receivedAt; /* when the bytes at hand came */
  uint32_t *samples;   /* microseconds; NULL when none are taken */
  size_t sampleCount, sampleRoom;
} load;

extern load run;

/* event.c */
void event_read_template(const char *path);
size_t event_bytes(void);
/* Writes event `number`, which is published at `time`, to `to`, which has event_bytes() of room. */
void event_write(uint8_t *to, uint64_t number, uint64_t time);
/* A subscriber got this event. Ends the program when it is not the one that was due. */
void event_deliver(subscriber *, const uint8_t *event, size_t length);
/* The same, of an event of so many bytes whose mark is found. */
void event_deliver_mark(subscriber *, const uint8_t *mark, size_t length);
void organization_write(char *to, uint64_t organization);

/* connection.c */
connection *connection_open(subscriber *);
connection *connection_open_at(int port, subscriber *);
void connection_write(connection *, const void *bytes, size_t length);
/* Sends what waits, as far as the socket takes it. */
void connection_flush(connection *);
/* One round of what the sockets say; waits until `until` (nanoseconds) when they say nothing. */
void connections_turn(uint64_t until);
/* Gives `taker` what was left and what came; keeps what it does not take. */
void carry_take(carry *, taker *, void *context, const uint8_t *bytes, size_t length);

/* auditrpc.c, for http.c, whose publisher is the same. */
void auditrpc_open_publisher(void);
void auditrpc_receive(connection *, const uint8_t *bytes, size_t length);
void auditrpc_publish(uint64_t first, size_t count, uint64_t time);
void auditrpc_fill(connection *);

/* main.c */
uint64_t now(void);
void subscriber_is_ready(subscriber *);
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

extern const protocol auditrpc, http, nats, jetstream, redis, redisStreams;

#endif
