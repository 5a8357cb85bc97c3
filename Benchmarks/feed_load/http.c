/* AuditRPC over HTTP: each subscriber is a stream of server-sent events on a connection of its own, as a browser's is.
 * Events are recorded over gRPC, as in auditrpc.c.
 *
 * Lines are looked at as they come. A chunk of HTTP/1.1 has whole lines, so what is said of chunks is lines as well,
 * which begin as no line of a stream does.
 */
#include "load.h"

#include <stdio.h>
#include <string.h>

static void open_all(void) {
  auditrpc_open_publisher();
  for (int i = 0; i < run.settings.subscribers; i++) {
    subscriber *one = &run.subscribers[i];
    one->connection = connection_open_at(run.settings.httpPort, one);
    char request[256], organization[ORGANIZATION_BYTES + 1] = {0};
    organization_write(organization, one->next);
    int length = snprintf(request, sizeof request,
                          "GET /v1/events/stream?organization_id=%s HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          organization);
    connection_write(one->connection, request, length);
    connection_flush(one->connection);
  }
}

static bool begins(const uint8_t *line, size_t length, const char *text) {
  return length >= strlen(text) && !memcmp(line, text, strlen(text));
}

static void take_line(subscriber *one, const uint8_t *line, size_t length) {
  static const char change[] = "\"change\":\"";
  if (begins(line, length, "HTTP/1.1 ") && !begins(line, length, "HTTP/1.1 200"))
    fail("a stream was answered with %.*s", (int)length, line);
  if (begins(line, length, "event: ")) {
    if (begins(line, length, "event: caught_up")) {
      if (!one->ready) subscriber_is_ready(one);
    } else if (begins(line, length, "event: fell_behind")) {
      run.fellBehind++;
    } else if (!begins(line, length, "event: started")) {
      fail("a stream said %.*s", (int)length, line);
    }
    one->eventsLeft = 1; /* its data is no event */
  } else if (begins(line, length, "data: ")) {
    if (one->eventsLeft > 0) {
      one->eventsLeft = 0;
      return;
    }
    const uint8_t *mark = memmem(line, length, change, sizeof change - 1);
    if (!mark) fail("an event came without its mark");
    event_deliver_mark(one, mark + sizeof change - 1, length);
  }
}

static size_t take_lines(void *context, const uint8_t *bytes, size_t length) {
  size_t at = 0;
  const uint8_t *end;
  while ((end = memchr(bytes + at, '\n', length - at))) {
    take_line(context, bytes + at, end - bytes - at);
    at = end + 1 - bytes;
  }
  return at;
}

static void receive(connection *one, const uint8_t *bytes, size_t length) {
  if (one == run.publisher) return auditrpc_receive(one, bytes, length);
  carry_take(&one->carry, take_lines, one->subscriber, bytes, length);
}

static void fill(connection *one) {
  if (one == run.publisher) auditrpc_fill(one);
}

const protocol http = {.name = "http",
                       .acknowledges = true,
                       .open = open_all,
                       .receive = receive,
                       .publish = auditrpc_publish,
                       .fill = fill};
