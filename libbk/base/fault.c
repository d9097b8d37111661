/* Pulling the plug at a place of the test's choice: see fault.h. */

#include "base/fault.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static unsigned long long fault_at;
static bool fault_list;
static const char *fault_stop;
static atomic_flag stopped = ATOMIC_FLAG_INIT;
static _Atomic unsigned long long passed;

static void read_environment(void)
{
	const char *at = getenv("BK_FAULT_AT");
	const char *list = getenv("BK_FAULT_LIST");

	fault_list = list && *list && *list != '0';
	fault_stop = getenv("BK_FAULT_STOP");
	if (!at || !*at)
		return;
	char *end;
	fault_at = strtoull(at, &end, 10);
	if (*end || *at < '0' || *at > '9') {
		(void)fprintf(stderr, "BK_FAULT_AT=%s is no number\n", at);
		abort();
	}
}

void bk_fault_pass(const char *place)
{
	(void)pthread_once(&once, read_environment);
	unsigned long long n = atomic_fetch_add(&passed, 1) + 1;
	if (fault_list)
		(void)dprintf(STDERR_FILENO, "fault %llu: %s\n", n, place);
	if (n == fault_at)
		_exit(BK_FAULT_STATUS);
	if (fault_stop && strcmp(fault_stop, place) == 0 &&
	    !atomic_flag_test_and_set(&stopped))
		(void)raise(SIGSTOP);
}
