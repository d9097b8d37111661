/* Any bytes as a configuration: read and checked, or refused with a line of
 * the file, and read the same a second time. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "job/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void use(const struct bk_conf *conf)
{
	struct bk_err err = {0};

	for (size_t i = 0; i < conf->n; i++) {
		const struct bk_conf_section *s = &conf->sections[i];
		if (bk_conf_find(conf, s->type, s->name) != s)
			abort();
		for (size_t k = 0; k < s->n; k++)
			if (bk_conf_get(s, s->entries[k].key) != &s->entries[k])
				abort();
	}
	if (bk_conf_check(conf, bk_schema, &err) == 0)
		(void)bk_schema_check_names(conf, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bk_conf conf = {0};
	struct bk_err err = {0};
	char path[32];

	int fd = memfd_create("conf", MFD_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0600) < 0 ||
	    write(fd, data, len) != (ssize_t)len)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (bk_conf_read(&conf, path, &err) == 0)
		use(&conf);
	else if (strncmp(err.text, path, strlen(path)) != 0)
		abort();
	bk_conf_clear(&conf);
	(void)close(fd);
	return 0;
}
