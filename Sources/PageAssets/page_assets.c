#include "page_assets.h"

// The files themselves become constants of the program (C23, 6.10.4). One line for each here and one below.
#pragma clang diagnostic ignored "-Wc23-extensions"
static const unsigned char index_html[] = {
#embed "page/index.html"
};
static const unsigned char openapi_json[] = {
#embed "page/openapi.json"
};

#define ASSET(name, media_type, bytes) {name, media_type, bytes, sizeof(bytes)}

static const struct page_asset assets[] = {
    ASSET("index.html", "text/html; charset=utf-8", index_html),
    ASSET("openapi.json", "application/json", openapi_json),
};

const struct page_asset *page_assets_first(void) { return assets; }

size_t page_assets_count(void) { return sizeof(assets) / sizeof(assets[0]); }
