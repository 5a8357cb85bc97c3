// Everything that protoc-c made of proto/; see dev/make-proto.
#include "auditrpc/v1/audit_log.pb-c.h"
#include "auditrpc/v1/event.pb-c.h"
#include "auditrpc/v1/filter.pb-c.h"
#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"
