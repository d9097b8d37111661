/* Any file: refused, or written again to the byte from its messages and its
 * frame, with every message as long as it was listed. */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "store/mboxfile.h"
#include "store/mboxname.h"
#include "store/mboxshape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int write_rest(void *arg, uint64_t at, struct bk_sink *to,
		      struct bk_err *err)
{
	const struct bk_buf *text = arg;

	return to->write(to, text->data + at, text->len - at, err);
}

static void take_message(int fd, uint64_t size, const struct bk_message *msg,
			 struct bk_buf *text)
{
	struct bk_mbox_reader reader = {.fd = fd, .size = size};
	struct bk_mbox_part part;
	struct bk_buf_sink sink;
	struct bk_err err = {0};
	bool plain;

	text->len = 0;
	bk_buf_sink_init(&sink, text, SIZE_MAX);
	if (!bk_mbox_file_at(msg->file, &part, &plain) ||
	    bk_mbox_part_look(&reader, &part, &err) < 0 ||
	    bk_mbox_part_copy(&reader, &part, plain, &sink.sink, &err) < 0 ||
	    text->len != msg->size)
		abort();
	bk_mbox_reader_close(&reader);
}

static void write_message(const struct bk_message *msg, struct bk_view shape,
			  struct bk_buf *text, struct bk_sink *to)
{
	struct bk_mbox_written what = {.shape = shape,
				       .uid = msg->uid,
				       .size = text->len,
				       .rest = write_rest,
				       .arg = text};
	struct bk_mbox_name name;
	struct bk_buf from = {0};
	struct bk_err err = {0};
	bool ends;

	if (!bk_mbox_name_read(msg->name, &name, &from))
		abort();
	what.from = name.from;
	what.head.data = text->data;
	what.head.len = bk_mbox_head_length(bk_buf_view(text), &ends);
	if (bk_mbox_write(&what, to, &err) < 0)
		abort();
	bk_buf_clear(&from);
}

static void write_again(int fd, uint64_t size, const struct bk_mbox_file *file,
			struct bk_view annotation, struct bk_buf *out)
{
	struct bk_mbox_frame frame = {0};
	struct bk_buf text = {0};
	struct bk_buf_sink sink;
	struct bk_err err = {0};

	bk_buf_sink_init(&sink, out, SIZE_MAX);
	if (bk_mbox_frame_decode(annotation, &frame, &err) < 0 ||
	    frame.n != file->list.n)
		abort();
	bk_buf_add(out, frame.prologue.data, frame.prologue.len);
	bk_buf_add(out, frame.pseudo.data, frame.pseudo.len);
	for (size_t i = 0; i < frame.n; i++) {
		const struct bk_message *msg =
			&file->list.items[frame.places[i].message];
		take_message(fd, size, msg, &text);
		write_message(msg, frame.shapes[frame.places[i].shape], &text,
			      &sink.sink);
	}
	bk_mbox_frame_clear(&frame);
	bk_buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bk_folder folder = {.name = "x"};
	struct bk_mbox_file file = {0};
	struct bk_buf again = {0};
	struct bk_err err = {0};
	int fd = memfd_create("mbox", MFD_CLOEXEC);

	if (fd < 0 || bk_fd_write(fd, data, len, &err) < 0)
		abort();
	if (bk_mbox_file_read(&file, fd, len, &folder, &err) == 0) {
		write_again(fd, len, &file,
			    bk_mbox_annotation(&folder, BK_MBOX_FRAME), &again);
		if (again.len != len ||
		    (len && memcmp(again.data, data, len) != 0))
			abort();
	}
	bk_mbox_file_clear(&file);
	bk_folder_clear(&folder);
	bk_buf_clear(&again);
	(void)close(fd);
	return 0;
}
