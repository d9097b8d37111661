/* A function on a stack of its own: see fiber.h. */

#include "lib/fiber.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "base/buf.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define WITH_TSAN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN
#endif
#ifdef __SANITIZE_THREAD__
#define WITH_TSAN
#endif

#ifdef WITH_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef WITH_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#define STACK_LEN ((size_t)512 << 10)
#define GUARD_LEN ((size_t)4096)

struct fiber {
	ucontext_t own, caller;
	char *stack; /* behind a page that faults */
	void (*run)(void *arg);
	void *arg;
	bool ended;
	/* What the sanitizers must know of both stacks. */
	const void *caller_stack;
	size_t caller_len;
	void *tsan_own, *tsan_caller;
};

struct fiber *fiber_new(void)
{
	struct fiber *fiber = bk_alloc(sizeof(*fiber));
	char *memory = mmap(NULL, GUARD_LEN + STACK_LEN, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || mprotect(memory, GUARD_LEN, PROT_NONE) != 0)
		abort();
	fiber->stack = memory + GUARD_LEN;
	fiber->ended = true;
#ifdef WITH_TSAN
	fiber->tsan_own = __tsan_create_fiber(0);
#endif
	return fiber;
}

void fiber_free(struct fiber *fiber)
{
	if (!fiber)
		return;
#ifdef WITH_TSAN
	__tsan_destroy_fiber(fiber->tsan_own);
#endif
	(void)munmap(fiber->stack - GUARD_LEN, GUARD_LEN + STACK_LEN);
	free(fiber);
}

/* Just arrived on the fiber's stack. */
static void arrive(struct fiber *fiber, void *fake)
{
#ifdef WITH_ASAN
	__sanitizer_finish_switch_fiber(fake, &fiber->caller_stack,
					&fiber->caller_len);
#else
	(void)fiber;
	(void)fake;
#endif
}

static void leave(struct fiber *fiber)
{
	void *fake = NULL;

#ifdef WITH_ASAN
	__sanitizer_start_switch_fiber(fiber->ended ? NULL : &fake,
				       fiber->caller_stack, fiber->caller_len);
#endif
#ifdef WITH_TSAN
	__tsan_switch_to_fiber(fiber->tsan_caller, 0);
#endif
	if (swapcontext(&fiber->own, &fiber->caller) != 0)
		abort();
	arrive(fiber, fake);
}

/* makecontext() hands on numbers only. */
static struct fiber *starting;

static void begin(void)
{
	struct fiber *fiber = starting;

	arrive(fiber, NULL);
	fiber->run(fiber->arg);
	fiber->ended = true;
	leave(fiber);
}

void fiber_start(struct fiber *fiber, void (*run)(void *arg), void *arg)
{
	if (!fiber->ended || getcontext(&fiber->own) != 0)
		abort();
	fiber->own.uc_stack.ss_sp = fiber->stack;
	fiber->own.uc_stack.ss_size = STACK_LEN;
	fiber->own.uc_link = NULL;
	fiber->run = run;
	fiber->arg = arg;
	fiber->ended = false;
	makecontext(&fiber->own, begin, 0);
}

bool fiber_resume(struct fiber *fiber)
{
	void *fake = NULL;

	starting = fiber;
#ifdef WITH_ASAN
	__sanitizer_start_switch_fiber(&fake, fiber->stack, STACK_LEN);
#endif
#ifdef WITH_TSAN
	fiber->tsan_caller = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(fiber->tsan_own, 0);
#endif
	if (swapcontext(&fiber->caller, &fiber->own) != 0)
		abort();
#ifdef WITH_ASAN
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
	(void)fake;
	return !fiber->ended;
}

void fiber_give_way(struct fiber *fiber)
{
	leave(fiber);
}
