/* The events: one template whose organization and mark change, and what a subscriber must get of them. */
#include "load.h"

#include <stdio.h>
#include <string.h>

static uint8_t template[EVENT_BYTES_MAX];
static size_t templateBytes, organizationAt, markAt;

/* Where this text is in the template, which must have it just once. */
static size_t place(const char *text) {
  uint8_t *found = memmem(template, templateBytes, text, strlen(text));
  size_t behind = found ? (size_t)(found - template) + 1 : 0;
  if (!found || memmem(template + behind, templateBytes - behind, text, strlen(text)))
    fail("the template must hold %s once", text);
  return found - template;
}

void event_read_template(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) fail("cannot read %s", path);
  templateBytes = fread(template, 1, sizeof template, file);
  if (!feof(file)) fail("%s has more than %d bytes", path, EVENT_BYTES_MAX);
  fclose(file);
  organizationAt = place("org-00000");
  markAt = place("MARKMARKMARKMARKMARKMARK");
}

size_t event_bytes(void) { return templateBytes; }

static void write_hexadecimal(uint8_t *to, int digits, uint64_t value) {
  for (int digit = digits - 1; digit >= 0; digit--, value >>= 4)
    to[digit] = "0123456789abcdef"[value & 15];
}

static uint64_t read_hexadecimal(const uint8_t *from, int digits) {
  uint64_t value = 0;
  for (int digit = 0; digit < digits; digit++)
    value = value << 4 | (from[digit] <= '9' ? from[digit] - '0' : from[digit] - 'a' + 10);
  return value;
}

void organization_write(char *to, uint64_t organization) {
  memcpy(to, "org-", 4);
  for (int digit = ORGANIZATION_BYTES - 1; digit >= 4; digit--, organization /= 10)
    to[digit] = '0' + organization % 10;
}

void event_write(uint8_t *to, uint64_t number, uint64_t time) {
  memcpy(to, template, templateBytes);
  organization_write((char *)to + organizationAt, number % run.settings.organizations);
  write_hexadecimal(to + markAt, 8, number);
  write_hexadecimal(to + markAt + 8, 16, time);
}

static size_t varint(const uint8_t *bytes, size_t length, size_t at, uint64_t *value) {
  *value = 0;
  for (int shift = 0; at < length && shift < 64; shift += 7) {
    *value |= (uint64_t)(bytes[at] & 127) << shift;
    if (bytes[at++] < 128) return at;
  }
  fail("an event is no protobuf");
}

/* The field `change`, found by the lengths of what is before it: every protocol's events pay that. */
static const uint8_t *find_mark(const uint8_t *event, size_t length) {
  enum { CHANGE = 10 << 3 | 2 };
  for (size_t at = 0; at < length;) {
    uint64_t tag, value;
    at = varint(event, length, at, &tag);
    at = varint(event, length, at, &value);
    if ((tag & 7) == 0) continue;
    if ((tag & 7) != 2 || value > length - at) break;
    if (tag == CHANGE && value == MARK_BYTES) return event + at;
    at += value;
  }
  fail("an event came without its mark");
}

void event_deliver(subscriber *one, const uint8_t *event, size_t length) {
  event_deliver_mark(one, find_mark(event, length), length);
}

void event_deliver_mark(subscriber *one, const uint8_t *mark, size_t length) {
  uint64_t number = read_hexadecimal(mark, 8);
  if (number != one->next)
    fail("subscriber %ld got event %lu where %lu was due", one - run.subscribers, number, one->next);
  one->next += run.settings.organizations;
  run.deliveries++;
  run.deliveredBytes += length;
  if (!run.samples) return;
  if (run.sampleCount == run.sampleRoom) fail("more delays than there is room for");
  run.samples[run.sampleCount++] = (run.receivedAt - read_hexadecimal(mark + 8, 16)) / 1000;
}
