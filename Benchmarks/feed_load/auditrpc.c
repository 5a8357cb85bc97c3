/* AuditRPC: gRPC over cleartext HTTP/2, by libnghttp2. One Subscribe call a subscriber, spread over the connections,
 * and one RecordStream on a connection of its own.
 *
 * Messages are looked at as they come: the length of each field, and of each event, but not what is in it.
 */
#include "load.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  PREFIX_BYTES = 5,
  /* Of one call and of one connection: more than what the server lets wait for either. */
  STREAM_WINDOW_BYTES = 1 << 20,
  CONNECTION_WINDOW_BYTES = 16 << 20,
  REQUEST_BYTES_MAX = 256,
  /* Fields of SubscribeResponse with their wire type. */
  STARTED = 0x0a,
  EVENTS = 0x12,
  PROGRESS = 0x1a,
  CAUGHT_UP = 0x22,
  FELL_BEHIND = 0x2a,
};

/* A request that is sent whole. */
typedef struct {
  uint8_t bytes[REQUEST_BYTES_MAX];
  size_t length;
} request;

/* The RecordStream: what waits to be sent, and what is left of the answer at hand. */
static struct {
  int32_t stream;
  uint8_t *bytes;
  size_t first, end, room;
  carry carry;
  size_t messageLeft;
} recording;

static void put_varint(uint8_t **to, uint64_t value) {
  for (; value >= 128; value >>= 7) *(*to)++ = value | 128;
  *(*to)++ = value;
}

static void put_text(uint8_t **to, uint8_t tag, const void *text, size_t length) {
  *(*to)++ = tag;
  put_varint(to, length);
  memcpy(*to, text, length);
  *to += length;
}

static void put_prefix(uint8_t *to, size_t length) {
  to[0] = 0;
  for (int i = 0; i < 4; i++) to[4 - i] = length >> 8 * i;
}

/* SubscribeRequest{organization_id, filter{target_ids}, now: true} with its prefix. */
static request *subscribe_request(long number, uint64_t organization) {
  request *one = calloc(1, sizeof *one);
  if (!one) fail("no memory");
  uint8_t *at = one->bytes + PREFIX_BYTES;
  char text[64];
  organization_write(text, organization);
  put_text(&at, 0x0a, text, ORGANIZATION_BYTES);
  if (run.settings.filters > 0) {
    uint8_t filter[64], *end = filter;
    int length = snprintf(text, sizeof text, "never-%ld", number % run.settings.filters);
    put_text(&end, 0x1a, text, length);
    put_text(&at, 0x12, filter, end - filter);
  }
  *at++ = 0x18;
  *at++ = 1;
  one->length = at - one->bytes;
  put_prefix(one->bytes, one->length - PREFIX_BYTES);
  return one;
}

static ssize_t send_request(nghttp2_session *session, int32_t stream, uint8_t *to, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *context) {
  (void)session, (void)stream, (void)context;
  request *one = source->ptr;
  size_t length = one->length;
  if (length > room) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  memcpy(to, one->bytes, length);
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  free(one);
  return length;
}

static ssize_t send_records(nghttp2_session *session, int32_t stream, uint8_t *to, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *context) {
  (void)session, (void)stream, (void)flags, (void)source, (void)context;
  size_t length = recording.end - recording.first;
  if (length == 0) return NGHTTP2_ERR_DEFERRED;
  if (length > room) length = room;
  memcpy(to, recording.bytes + recording.first, length);
  recording.first += length;
  if (recording.first == recording.end) recording.first = recording.end = 0;
  return length;
}

/* The message's length behind its prefix, once that is there. */
static bool take_prefix(const uint8_t *bytes, size_t length, size_t *messageBytes) {
  if (length < PREFIX_BYTES) return false;
  if (bytes[0] != 0) fail("a compressed message that nobody asked for");
  *messageBytes = (size_t)bytes[1] << 24 | bytes[2] << 16 | bytes[3] << 8 | bytes[4];
  return true;
}

/* Tag and length of a field; the bytes that they take, 0 when they are not all there. */
static size_t take_field(const uint8_t *bytes, size_t length, uint8_t *tag, size_t *fieldBytes) {
  *fieldBytes = 0;
  for (size_t at = 1, shift = 0; at < length && at < 6; at++, shift += 7) {
    *fieldBytes |= (size_t)(bytes[at] & 127) << shift;
    *tag = bytes[0];
    if (bytes[at] < 128) return at + 1;
  }
  return 0;
}

static void take_notice(subscriber *one, uint8_t tag) {
  switch (tag) {
    case CAUGHT_UP:
      /* A second one ends a time of reading from disk. */
      if (!one->ready) subscriber_is_ready(one);
      break;
    case FELL_BEHIND:
      run.fellBehind++;
      break;
    case STARTED:
    case PROGRESS:
      break;
    default:
      fail("a subscriber was told of a gap, or of something unknown (%d)", tag);
  }
}

static size_t take_subscription(void *context, const uint8_t *bytes, size_t length) {
  subscriber *one = context;
  size_t at = 0, fieldBytes;
  uint8_t tag;
  for (;;) {
    const uint8_t *from = bytes + at;
    if (one->messageLeft == 0) {
      if (!take_prefix(from, length - at, &one->messageLeft)) return at;
      at += PREFIX_BYTES;
      continue;
    }
    size_t head = take_field(from, length - at, &tag, &fieldBytes);
    if (head == 0) return at;
    if (one->eventsLeft == 0 && tag == EVENTS) {
      one->eventsLeft = fieldBytes;
      fieldBytes = 0;
    } else {
      if (length - at < head + fieldBytes) return at;
      if (one->eventsLeft == 0) {
        take_notice(one, tag);
      } else {
        event_deliver(one, from + head, fieldBytes);
        one->eventsLeft -= head + fieldBytes;
      }
    }
    at += head + fieldBytes;
    one->messageLeft -= head + fieldBytes;
  }
}

static size_t take_answers(void *context, const uint8_t *bytes, size_t length) {
  (void)context;
  size_t at = 0, fieldBytes;
  uint8_t tag;
  for (;;) {
    if (recording.messageLeft == 0) {
      if (!take_prefix(bytes + at, length - at, &recording.messageLeft)) return at;
      at += PREFIX_BYTES;
      continue;
    }
    size_t head = take_field(bytes + at, length - at, &tag, &fieldBytes);
    if (head == 0 || length - at < head + fieldBytes) return at;
    if (tag != 0x0a) fail("a Record was refused: %.*s", (int)fieldBytes, bytes + at + head);
    run.acknowledged++;
    at += head + fieldBytes;
    recording.messageLeft -= head + fieldBytes;
  }
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes,
                   size_t length, void *context) {
  (void)flags, (void)context;
  subscriber *one = nghttp2_session_get_stream_user_data(session, stream);
  if (one) {
    carry_take(&one->carry, take_subscription, one, bytes, length);
  } else {
    carry_take(&recording.carry, take_answers, NULL, bytes, length);
  }
  return 0;
}

/* What a call ended with is known when all of its trailers are: the status comes first, then the message. */
static char callEnd[256];

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t nameBytes, const uint8_t *value, size_t valueBytes, uint8_t flags,
                     void *context) {
  (void)session, (void)frame, (void)flags, (void)context;
  bool isStatus = nameBytes == 7 && !memcmp(name, ":status", nameBytes);
  if (isStatus && (valueBytes != 3 || memcmp(value, "200", 3)))
    fail("a call was answered with HTTP status %.*s", (int)valueBytes, value);
  bool isEnd = (nameBytes == 11 && !memcmp(name, "grpc-status", nameBytes)) ||
               (nameBytes == 12 && !memcmp(name, "grpc-message", nameBytes));
  if (!isEnd) return 0;
  size_t length = strlen(callEnd);
  snprintf(callEnd + length, sizeof callEnd - length, " %.*s: %.*s", (int)nameBytes, name,
           (int)valueBytes, value);
  return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t code, void *context) {
  (void)session, (void)context;
  fail("the server ended call %d with code %u%s", stream, code, callEnd);
}

static nghttp2_session *begin_session(connection *one) {
  nghttp2_session_callbacks *callbacks;
  nghttp2_session *session;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  if (nghttp2_session_client_new(&session, callbacks, one)) fail("no memory");
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_settings_entry entries[] = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES}};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, entries, 1);
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW_BYTES);
  one->session = session;
  return session;
}

static int32_t begin_call(nghttp2_session *session, const char *path, nghttp2_data_provider *body,
                          void *context) {
#define FIELD(name, value) {(uint8_t *)(name), (uint8_t *)(value), strlen(name), strlen(value), 0}
  const nghttp2_nv fields[] = {
      FIELD(":method", "POST"),        FIELD(":scheme", "http"),
      FIELD(":path", path),            FIELD(":authority", "127.0.0.1"),
      FIELD("te", "trailers"),         FIELD("content-type", "application/grpc"),
      FIELD("user-agent", "feed-load")};
#undef FIELD
  size_t count = sizeof fields / sizeof *fields;
  int32_t stream = nghttp2_submit_request(session, NULL, fields, count, body, context);
  if (stream < 0) fail("no call: %s", nghttp2_strerror(stream));
  return stream;
}

void auditrpc_open_publisher(void) {
  run.publisher = connection_open(NULL);
  nghttp2_data_provider records = {.read_callback = send_records};
  recording.stream =
      begin_call(begin_session(run.publisher), "/auditrpc.v1.AuditLog/RecordStream", &records, NULL);
  connection_flush(run.publisher);
}

static void open_all(void) {
  const settings *settings = &run.settings;
  auditrpc_open_publisher();
  connection *connections[SUBSCRIBERS_MAX] = {0};
  for (int i = 0; i < settings->subscribers; i++) {
    subscriber *one = &run.subscribers[i];
    /* A stuck one has a connection of its own: what the others share it would stop reading too. */
    connection **shared = &connections[i % settings->connections], *alone = NULL;
    connection **place = one->stuck ? &alone : shared;
    if (!*place) {
      *place = connection_open(one->stuck ? one : NULL);
      begin_session(*place);
    }
    one->connection = *place;
    uint64_t organization =
        settings->filters > 0 ? (uint64_t)(settings->filterFirst + i % settings->filterOrganizations)
                              : one->next;
    nghttp2_data_provider body = {.source.ptr = subscribe_request(i, organization),
                                  .read_callback = send_request};
    begin_call((*place)->session, "/auditrpc.v1.AuditLog/Subscribe", &body, one);
  }
  for (int i = 0; i < settings->subscribers; i++) connection_flush(run.subscribers[i].connection);
}

void auditrpc_receive(connection *one, const uint8_t *bytes, size_t length) {
  ssize_t taken = nghttp2_session_mem_recv(one->session, bytes, length);
  if (taken < 0) fail("HTTP/2: %s", nghttp2_strerror(taken));
}

void auditrpc_fill(connection *one) {
  const uint8_t *bytes;
  ssize_t length;
  while (one->outEnd < SEND_BYTES &&
         (length = nghttp2_session_mem_send(one->session, &bytes)) > 0)
    connection_write(one, bytes, length);
}

/* RecordRequest{events} with its prefix, behind what still waits. */
void auditrpc_publish(uint64_t first, size_t count, uint64_t time) {
  size_t bytes = event_bytes(), room = PREFIX_BYTES + count * (bytes + 4);
  if (recording.end + room > recording.room) {
    recording.room = 2 * (recording.end + room);
    recording.bytes = realloc(recording.bytes, recording.room);
    if (!recording.bytes) fail("no memory");
  }
  uint8_t *message = recording.bytes + recording.end, *at = message + PREFIX_BYTES;
  for (uint64_t number = first; number < first + count; number++) {
    *at++ = 0x12;
    put_varint(&at, bytes);
    event_write(at, number, time);
    at += bytes;
  }
  put_prefix(message, at - message - PREFIX_BYTES);
  recording.end = at - recording.bytes;
  nghttp2_session_resume_data(run.publisher->session, recording.stream);
}

const protocol auditrpc = {.name = "auditrpc",
                           .acknowledges = true,
                           .open = open_all,
                           .receive = auditrpc_receive,
                           .publish = auditrpc_publish,
                           .fill = auditrpc_fill};
