// Made by dev/make-page-assets (`make page`): what lies in page/, as constants of the program (C23, 6.10.4).
#include "page_assets.h"

#pragma clang diagnostic ignored "-Wc23-extensions"
static const unsigned char account_js[] = {
#embed "page/account.js"
};
static const unsigned char api_js[] = {
#embed "page/api.js"
};
static const unsigned char chart_js[] = {
#embed "page/chart.js"
};
static const unsigned char counts_js[] = {
#embed "page/counts.js"
};
static const unsigned char details_js[] = {
#embed "page/details.js"
};
static const unsigned char dialogs_js[] = {
#embed "page/dialogs.js"
};
static const unsigned char dom_js[] = {
#embed "page/dom.js"
};
static const unsigned char drill_js[] = {
#embed "page/drill.js"
};
static const unsigned char export_parts_js[] = {
#embed "page/export-parts.js"
};
static const unsigned char export_js[] = {
#embed "page/export.js"
};
static const unsigned char feed_js[] = {
#embed "page/feed.js"
};
static const unsigned char filters_js[] = {
#embed "page/filters.js"
};
static const unsigned char hint_js[] = {
#embed "page/hint.js"
};
static const unsigned char histogram_js[] = {
#embed "page/histogram.js"
};
static const unsigned char icon_svg[] = {
#embed "page/icon.svg"
};
static const unsigned char index_html[] = {
#embed "page/index.html"
};
static const unsigned char json_view_js[] = {
#embed "page/json-view.js"
};
static const unsigned char keyboard_js[] = {
#embed "page/keyboard.js"
};
static const unsigned char list_js[] = {
#embed "page/list.js"
};
static const unsigned char main_js[] = {
#embed "page/main.js"
};
static const unsigned char menu_js[] = {
#embed "page/menu.js"
};
static const unsigned char notices_js[] = {
#embed "page/notices.js"
};
static const unsigned char openapi_json[] = {
#embed "page/openapi.json"
};
static const unsigned char page_css[] = {
#embed "page/page.css"
};
static const unsigned char session_js[] = {
#embed "page/session.js"
};
static const unsigned char sse_js[] = {
#embed "page/sse.js"
};
static const unsigned char state_js[] = {
#embed "page/state.js"
};
static const unsigned char stream_js[] = {
#embed "page/stream.js"
};
static const unsigned char table_js[] = {
#embed "page/table.js"
};
static const unsigned char text_js[] = {
#embed "page/text.js"
};
static const unsigned char theme_js[] = {
#embed "page/theme.js"
};
static const unsigned char time_js[] = {
#embed "page/time.js"
};
static const unsigned char toolbar_js[] = {
#embed "page/toolbar.js"
};
static const unsigned char totals_js[] = {
#embed "page/totals.js"
};
static const unsigned char words_js[] = {
#embed "page/words.js"
};

#define ASSET(name, media_type, bytes) {name, media_type, bytes, sizeof(bytes)}

static const struct page_asset assets[] = {
    ASSET("account.js", "text/javascript; charset=utf-8", account_js),
    ASSET("api.js", "text/javascript; charset=utf-8", api_js),
    ASSET("chart.js", "text/javascript; charset=utf-8", chart_js),
    ASSET("counts.js", "text/javascript; charset=utf-8", counts_js),
    ASSET("details.js", "text/javascript; charset=utf-8", details_js),
    ASSET("dialogs.js", "text/javascript; charset=utf-8", dialogs_js),
    ASSET("dom.js", "text/javascript; charset=utf-8", dom_js),
    ASSET("drill.js", "text/javascript; charset=utf-8", drill_js),
    ASSET("export-parts.js", "text/javascript; charset=utf-8", export_parts_js),
    ASSET("export.js", "text/javascript; charset=utf-8", export_js),
    ASSET("feed.js", "text/javascript; charset=utf-8", feed_js),
    ASSET("filters.js", "text/javascript; charset=utf-8", filters_js),
    ASSET("hint.js", "text/javascript; charset=utf-8", hint_js),
    ASSET("histogram.js", "text/javascript; charset=utf-8", histogram_js),
    ASSET("icon.svg", "image/svg+xml", icon_svg),
    ASSET("index.html", "text/html; charset=utf-8", index_html),
    ASSET("json-view.js", "text/javascript; charset=utf-8", json_view_js),
    ASSET("keyboard.js", "text/javascript; charset=utf-8", keyboard_js),
    ASSET("list.js", "text/javascript; charset=utf-8", list_js),
    ASSET("main.js", "text/javascript; charset=utf-8", main_js),
    ASSET("menu.js", "text/javascript; charset=utf-8", menu_js),
    ASSET("notices.js", "text/javascript; charset=utf-8", notices_js),
    ASSET("openapi.json", "application/json", openapi_json),
    ASSET("page.css", "text/css; charset=utf-8", page_css),
    ASSET("session.js", "text/javascript; charset=utf-8", session_js),
    ASSET("sse.js", "text/javascript; charset=utf-8", sse_js),
    ASSET("state.js", "text/javascript; charset=utf-8", state_js),
    ASSET("stream.js", "text/javascript; charset=utf-8", stream_js),
    ASSET("table.js", "text/javascript; charset=utf-8", table_js),
    ASSET("text.js", "text/javascript; charset=utf-8", text_js),
    ASSET("theme.js", "text/javascript; charset=utf-8", theme_js),
    ASSET("time.js", "text/javascript; charset=utf-8", time_js),
    ASSET("toolbar.js", "text/javascript; charset=utf-8", toolbar_js),
    ASSET("totals.js", "text/javascript; charset=utf-8", totals_js),
    ASSET("words.js", "text/javascript; charset=utf-8", words_js),
};

const struct page_asset *page_assets_first(void) { return assets; }

size_t page_assets_count(void) { return sizeof(assets) / sizeof(assets[0]); }
