// What glibc has beyond the C standard for the memory it holds back.
#include <malloc.h>
