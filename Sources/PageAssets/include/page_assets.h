#ifndef PAGE_ASSETS_H
#define PAGE_ASSETS_H

#include <stddef.h>

// One file of the page, as it lies in page/.
struct page_asset {
    const char *name;
    const char *media_type;
    const unsigned char *bytes;
    size_t byte_count;
};

// The first of them, and how many there are.
const struct page_asset *page_assets_first(void);
size_t page_assets_count(void);

#endif
