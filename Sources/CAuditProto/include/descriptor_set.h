#include <stddef.h>
#include <stdint.h>

/* A google.protobuf.FileDescriptorSet of all of proto/ and what it imports; see dev/make-proto. */
const uint8_t *auditrpc_descriptor_set(size_t *count);
