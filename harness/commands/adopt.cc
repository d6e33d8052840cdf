#include <fmt/ranges.h>

#include <algorithm>

#include "archive/adopted_toml.h"
#include "base/error.h"
#include "base/file.h"
#include "harness/cli/cli.h"
#include "harness/commands/check_published.h"
#include "harness/commands/registry.h"
#include "resolve/extends.h"
#include "resolve/resolve.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShownOfAKind = 12;

struct AdoptRequest {
  std::string publication, folder, name;
  fs::path directory = ".";
};

// The one that is meant. A pull request often has a folder more, of another's or of an experiment.
PublishedFolder chosen_folder(const Globals& globals, const AdoptRequest& request) {
  std::vector<PublishedFolder> folders = published_by_name(globals, request.publication);
  if (folders.empty())
    fail(ErrorKind::not_found, "{}: neither a pull request of the archive nor a folder; `pgolf archive add REPOSITORY`",
         request.publication);
  std::erase_if(folders, [&](const PublishedFolder& f) {
    const std::string path = "/" + f.path;
    return f.publication.submission.code.file.empty() ||
           (!request.folder.empty() && !path.ends_with("/" + request.folder));
  });
  if (folders.empty())
    fail(ErrorKind::not_found, "{}: {}", request.publication,
         request.folder.empty() ? "no folder of it has a script" : "no folder with a script ends in " + request.folder);
  if (folders.size() == 1) return std::move(folders.front());
  std::vector<std::string> names;
  for (const PublishedFolder& f : folders) names.push_back(shown_name(f.path));
  fail(ErrorKind::usage, "{}: {} folders have a script; name one by --folder: {}", request.publication, folders.size(),
       fmt::join(names, ", "));
}

std::vector<PublishedText> texts_of(const Globals& globals, const PublishedFolder& folder) {
  std::vector<PublishedText> out = folder.pull ? published_texts(ArchiveTables(*look_at_record(globals)), folder)
                                               : published_texts(fs::path(folder.path));
  if (!text_named(out, folder.publication.submission.code.file))
    fail(ErrorKind::not_found,
         "{}: {} cannot be read again: the repository that was added no longer has it, or it is too "
         "large",
         folder.publication.submission.id, folder.publication.submission.code.file);
  return out;
}

// Nothing is written that does not resolve; inherited profiles that do not are named.
void check_resolves(const fs::path& directory, const Submission& family, const std::string& id, Adoption& adoption,
                    const PublishedFolder& folder) {
  const fs::path file = directory / "submission.toml";
  const Submission made = extended(parse_submission(adopted_toml(id, adoption, folder), file.string()), family);
  resolve(made, {});
  for (const Profile& profile : made.profiles) try {
      resolve(made, {.profile = profile.name});
    } catch (const Error& error) {
      adoption.missing.push_back({"profile", profile.name, error.what(), ""});
    }
}

void write_adopted(const fs::path& directory, const std::string& text) {
  std::error_code error;
  if (fs::exists(directory, error))
    fail(ErrorKind::usage, "{}: is there already; choose another --name or --dir", directory.string());
  fs::create_directories(directory, error);
  if (error) fail(ErrorKind::machine, "{}: cannot be created: {}", directory.string(), error.message());
  write_file_atomic(directory / "submission.toml", text);
}

Json to_json(const Adoption& adoption, const std::string& id, const fs::path& directory,
             const PublishedFolder& folder) {
  const Kinship& k = adoption.kinship;
  Json fields = Json::array(), missing = Json::array();
  for (const AdoptedField& f : adoption.fields)
    fields.push_back({{"field", f.key},
                      {"value", f.value},
                      {"variable", f.variable},
                      {"text", shown_name(f.text)},
                      {"where", f.where}});
  for (const NotExpressed& m : adoption.missing)
    missing.push_back({{"kind", m.kind}, {"what", m.what}, {"why", m.why}, {"where", m.where}});
  return {{"format", "pgolf.adopted/1"},
          {"submission", id},
          {"directory", directory.string()},
          {"pull", folder.pull ? Json(folder.pull) : Json()},
          {"path", shown_name(folder.path)},
          {"extends", k.family->submission},
          {"functions", {{"equal", k.equal_functions}, {"all", k.functions}}},
          {"variables", {{"known", k.known_variables}, {"all", k.variables}}},
          {"config", fields},
          {"not_expressed", missing}};
}

std::string text_of(const Adoption& adoption, const fs::path& directory) {
  std::string out = fmt::format("{}\na variant of {}: {}\n", (directory / "submission.toml").string(),
                                adoption.kinship.family->submission, adoption.kinship.text());
  for (const AdoptedField& f : adoption.fields)
    out += fmt::format("set: {} = {} ({} {}, {})\n", f.key, f.value.dump(), f.variable, shown_name(f.text), f.where);
  std::map<std::string, size_t> counts;
  for (const NotExpressed& m : adoption.missing)
    if (++counts[m.kind] <= kShownOfAKind)
      out += fmt::format("not expressed: {}: {}: {}{}\n", m.kind, m.what, m.why, m.where.empty() ? "" : ", " + m.where);
  for (const auto& [kind, count] : counts)
    if (count > kShownOfAKind) out += fmt::format("not expressed: {} more of kind {}\n", count - kShownOfAKind, kind);
  return out + fmt::format("\n  pgolf resolve {0}\n  pgolf reproduce {0} --profile demo\n", directory.string());
}

int adopt_publication(const Globals& globals, const AdoptRequest& request) {
  const PublishedFolder folder = chosen_folder(globals, request);
  const std::vector<PublishedText> texts = texts_of(globals, folder);
  const std::vector<ScriptFamily> families = load_families(globals.submissions);
  if (families.empty())
    fail(ErrorKind::not_found, "{}: no submission there has a {}; see --submissions", globals.submissions.string(),
         kVariablesFile);
  const Kinship kin = nearest_family(families, text_named(texts, folder.publication.submission.code.file)->text);
  if (!kin.is_known())
    fail(ErrorKind::not_found,
         "{}: its script is of no family that pgolf ships: of the nearest, {}; half of the functions "
         "make a family",
         folder.publication.submission.id, kin.text());
  const Submission family = open_submission(globals.submissions, kin.family->submission);
  Adoption adoption = adopt(kin, resolve(family, {}).pinned.config, folder.publication, texts);
  const std::string id = !request.name.empty() ? request.name
                         : folder.pull         ? fmt::format("adopted-{}", folder.pull)
                                               : std::string("adopted");
  if (pull_request_number(id))
    fail(ErrorKind::usage, "{}: names of pull requests are taken; choose another --name, like adopted-{}", id,
         folder.pull);
  const fs::path directory = (request.directory / id).lexically_normal();
  check_resolves(directory, family, id, adoption, folder);
  write_adopted(directory, adopted_toml(id, adoption, folder));
  print_result(globals, to_json(adoption, id, directory, folder), text_of(adoption, directory));
  return adoption.missing.empty() ? 0 : static_cast<int>(ErrorKind::inconclusive);
}

}  // namespace

void add_adopt(Cli& cli) {
  const auto r = std::make_shared<AdoptRequest>();
  CLI::App* verb =
      cli.verb("adopt", "Write a submission.toml for what others published, as a variant of one that pgolf ships",
               "pgolf adopt 1953");
  verb->add_option("publication", r->publication, "a pull request of the archive by number or URL, or a folder")
      ->required();
  verb->add_option("--folder", r->folder, "of several folders the one whose path ends so");
  verb->add_option("--name", r->name, "identifier and folder; default: adopted-N");
  verb->add_option("--dir", r->directory, "where its folder is made")->capture_default_str();
  verb->callback([&cli, r] { cli.action = [&cli, r] { return adopt_publication(cli.globals, *r); }; });
}

}  // namespace pgolf
