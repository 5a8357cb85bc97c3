// What glibc has for threads under _GNU_SOURCE, which Swift does not define: its declarations, as they are there.
#include <pthread.h>
#include <sched.h>

extern int sched_getaffinity(pid_t process, size_t bytes, cpu_set_t *set);
extern int sched_setaffinity(pid_t process, size_t bytes, const cpu_set_t *set);
extern int pthread_setname_np(pthread_t thread, const char *name);
extern int pthread_getname_np(pthread_t thread, char *name, size_t bytes);
