/*
 * simscale DIR MESSAGES [HOSTS SETS]: what the parts of bk that grow with a
 * repository take in memory and time when it holds so many messages.
 *
 * The real code writes and reads the real files below DIR; only the mail is
 * made up (simmail.h), and has no bodies.  Each step is a process of its own,
 * so that the peak of its memory is its own; a line of Markdown for each.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/random.h"
#include "repo/marker.h"
#include "scale/simsteps.h"
#include "target/local.h"

/* ---- one after the other ---- */

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void step(struct scale *s, const char *what, uint64_t n,
		 void (*run)(struct scale *s))
{
	int64_t began = bk_clock_monotonic_ms();
	struct rusage used = {0};
	int status = 0;

	(void)fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		run(s);
		_exit(0);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status) {
		(void)fprintf(stderr, "simscale: %s failed\n", what);
		exit(1);
	}
	double cpu = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
	(void)printf("| %s | %ju | %.2f | %.2f | %.3f | %ld |\n", what,
		     (uintmax_t)n,
		     (double)(bk_clock_monotonic_ms() - began) / 1000, cpu,
		     cpu * 1e6 / (double)(n ? n : 1), used.ru_maxrss / 1024);
}

static void tell_sizes(struct scale *s)
{
	struct bk_blob_list files = {0};
	uint64_t bytes[BK_FILE_HOLD + 1] = {0};
	struct bk_name name;

	scale_must(bk_target_list(s->repo.target, "data", &files, &s->err), s);
	for (size_t i = 0; i < files.n; i++) {
		enum bk_name_kind kind =
			bk_name_parse(files.items[i].name, &name);
		bool full = memcmp(name.id, s->full, BK_ID_LEN) == 0;
		if (kind == BK_NAME_INDEX && full)
			bytes[BK_FILE_INDEX] = files.items[i].size;
		if (kind == BK_NAME_MANIFEST)
			bytes[full ? BK_FILE_MANIFEST : BK_FILE_PACK] =
				files.items[i].size;
	}
	(void)printf(
		"\nindex %ju, manifest %ju, manifest of the differential "
		"%ju bytes\n",
		(uintmax_t)bytes[BK_FILE_INDEX],
		(uintmax_t)bytes[BK_FILE_MANIFEST],
		(uintmax_t)bytes[BK_FILE_PACK]);
	bk_blob_list_clear(&files);
}

static uint64_t number(const char *text, uint64_t otherwise)
{
	return text ? strtoull(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	struct scale s = {0};

	if (argc < 3 || argc > 5) {
		(void)fprintf(stderr,
			      "usage: simscale DIR MESSAGES [HOSTS SETS]\n");
		return 2;
	}
	s.messages = number(argv[2], 0);
	s.hosts = number(argc > 3 ? argv[3] : NULL, 40);
	s.sets = number(argc > 4 ? argv[4] : NULL, s.hosts * 20);
	scale_must(bk_local_open(&s.repo.target, argv[1], true, &s.err), &s);
	scale_must(bk_target_put(s.repo.target, BK_MARKER_NAME,
				 (struct bk_view){s.repo.id, sizeof(s.repo.id)},
				 &s.err),
		   &s);
	scale_must(bk_keys_generate(&s.repo.keys, &s.err), &s);
	bk_random_bytes(s.repo.id, sizeof(s.repo.id));
	s.index = mmap(NULL, sizeof(*s.index), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	scale_set_id(s.full, 0);
	scale_set_id(s.delta, 1);
	(void)printf(
		"| step | items | s | CPU s | CPU us/item | MiB |\n"
		"|---|---|---|---|---|---|\n");
	step(&s, "first full: chunks and index", scale_chunks(&s),
	     scale_write_index);
	step(&s, "first full: manifest", s.messages, scale_write_manifest);
	step(&s, "open the set", s.messages, scale_open_set);
	step(&s, "differential: list, compare, write", s.messages,
	     scale_compare_all);
	step(&s, "differential: look up chunks",
	     scale_chunks(&s) / SIM_NEW_EVERY, scale_look_up);
	step(&s, "(roots are written)", s.sets, scale_write_roots);
	step(&s, "list sets", s.sets, scale_list_sets);
	step(&s, "prune: look, check, choose", s.sets, scale_look_round);
	tell_sizes(&s);
	bk_target_close(s.repo.target);
	bk_keys_clear(&s.repo.keys);
	return 0;
}
