// Perl's documentation format, read for its prose.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

// A paragraph of running text, or the heading that opens a section.
struct PodParagraph {
  bool heading;  // =head1 or =head2
  std::string text;
};

// Ordinary paragraphs, list items and deeper headings as plain text on one line each: formatting codes are replaced by
// what they show, blanks collapsed. Code (indented paragraphs), =begin and =for blocks and index entries are left out.
// A text that is not UTF-8 is read as Latin-1.
std::vector<PodParagraph> pod_paragraphs(std::string_view pod);

// Formatting codes replaced: "B<bold> C<< a->b >> L<text|perlop> E<lt>" -> "bold a->b text <".
std::string pod_plain_text(std::string_view text);

}  // namespace pgolf
