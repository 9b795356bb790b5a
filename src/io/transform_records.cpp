#include "io/transform_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "io/text.h"

namespace sg::io {
namespace {

[[noreturn]] void bad(const std::string& what) { throw Error(ErrorCode::invalid_input, what); }

using Numbers = std::vector<double>;

Mat3 matrix_from(const Numbers& p, std::size_t at = 0) {
  Mat3 m;
  for (int i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) m[i][j] = p[at + 3 * static_cast<std::size_t>(i) + j];
  }
  return m;
}

Vec3 vector_from(const Numbers& p, std::size_t at) { return {p[at], p[at + 1], p[at + 2]}; }

Mat3 rotation_about(int axis, double angle) {
  Vec3 radians;
  radians[axis] = angle;
  return rotation(radians);
}

/// Rotation of the quaternion (x, y, z, w), normalised.
Mat3 quaternion_matrix(double x, double y, double z, double w) {
  const double n = std::sqrt(x * x + y * y + z * z + w * w);
  if (!(n > 0)) bad("quaternion 0 0 0 0 is no rotation");
  x /= n, y /= n, z /= n, w /= n;
  return {{{{1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)},
            {2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)},
            {2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)}}}};
}

/// A versor stores the vector part only.
Mat3 versor_matrix(const Numbers& p) {
  const double squared = p[0] * p[0] + p[1] * p[1] + p[2] * p[2];
  return quaternion_matrix(p[0], p[1], p[2], std::sqrt(std::max(0.0, 1 - squared)));
}

Mat3 in_plane(double a, double b, double c, double d) { return {{{{a, b, 0}, {c, d, 0}, {0, 0, 1}}}}; }
Mat3 turn_in_plane(double angle, double scale = 1) {
  const double c = scale * std::cos(angle), s = scale * std::sin(angle);
  return in_plane(c, -s, s, c);
}

/// How a type's numbers become y = M·(x − centre) + centre + t.
struct Kind {
  const char* name;
  std::size_t parameters;
  Affine (*read)(const Numbers& parameters, const Numbers& fixed);
};

LpsPoint centre_3d(const Numbers& fixed) {
  if (fixed.empty()) return {};
  if (fixed.size() < 3) bad(fmt::format("{} fixed parameters, expected a centre of 3", fixed.size()));
  return as_point(vector_from(fixed, 0));
}
LpsPoint centre_2d(const Numbers& fixed) {
  if (fixed.empty()) return {};
  if (fixed.size() < 2) bad(fmt::format("{} fixed parameters, expected a centre of 2", fixed.size()));
  return {fixed[0], fixed[1], 0};
}

Affine read_matrix_offset(const Numbers& p, const Numbers& f) {
  return Affine::about(centre_3d(f), matrix_from(p), vector_from(p, 9));
}
Affine read_centered(const Numbers& p, const Numbers&) {
  return Affine::about(as_point(vector_from(p, 9)), matrix_from(p), vector_from(p, 12));
}
Mat3 euler_matrix(const Numbers& p, bool zyx) {
  const Mat3 rx = rotation_about(0, p[0]), ry = rotation_about(1, p[1]), rz = rotation_about(2, p[2]);
  return zyx ? rz * (ry * rx) : rz * (rx * ry);
}
Affine read_euler(const Numbers& p, const Numbers& f) {
  return Affine::about(centre_3d(f), euler_matrix(p, f.size() > 3 && f[3] != 0), vector_from(p, 3));
}
Affine read_centered_euler(const Numbers& p, const Numbers& f) {
  return Affine::about(as_point(vector_from(p, 3)),
                       euler_matrix(p, !f.empty() && f.back() != 0 && f.size() != 3), vector_from(p, 6));
}
Affine read_versor(const Numbers& p, const Numbers& f) {
  return Affine::about(centre_3d(f), versor_matrix(p));
}
Affine read_versor_rigid(const Numbers& p, const Numbers& f) {
  return Affine::about(centre_3d(f), versor_matrix(p), vector_from(p, 3));
}
Affine read_quaternion(const Numbers& p, const Numbers& f) {
  return Affine::about(centre_3d(f), quaternion_matrix(p[0], p[1], p[2], p[3]), vector_from(p, 4));
}
Affine read_similarity(const Numbers& p, const Numbers& f) {
  return Affine::about(centre_3d(f), Mat3::diagonal({p[6], p[6], p[6]}) * versor_matrix(p),
                       vector_from(p, 3));
}
/// ITK adds scale − 1 to the diagonal and the skews beside it, rather than multiply.
Affine read_scale_versor(const Numbers& p, const Numbers& f) {
  Mat3 m = versor_matrix(p);
  for (int i = 0; i < 3; ++i) m[i][static_cast<std::size_t>(i)] += p[6 + static_cast<std::size_t>(i)] - 1;
  return Affine::about(centre_3d(f), m, vector_from(p, 3));
}
Affine read_scale_skew_versor(const Numbers& p, const Numbers& f) {
  Affine a = read_scale_versor(p, {});
  const int rows[] = {0, 0, 1, 1, 2, 2};
  const std::size_t columns[] = {1, 2, 0, 2, 0, 1};
  for (std::size_t k = 0; k < 6; ++k) a.matrix[rows[k]][columns[k]] += p[9 + k];
  return Affine::about(centre_3d(f), a.matrix, vector_from(p, 3));
}
Affine read_translation(const Numbers& p, const Numbers&) { return {Mat3{}, vector_from(p, 0)}; }
Affine read_identity(const Numbers&, const Numbers&) { return {}; }
Affine read_scale(const Numbers& p, const Numbers& f) {
  return Affine::about(centre_3d(f), Mat3::diagonal(vector_from(p, 0)));
}
Affine read_affine_2d(const Numbers& p, const Numbers& f) {
  return Affine::about(centre_2d(f), in_plane(p[0], p[1], p[2], p[3]), {p[4], p[5], 0});
}
Affine read_euler_2d(const Numbers& p, const Numbers& f) {
  return Affine::about(centre_2d(f), turn_in_plane(p[0]), {p[1], p[2], 0});
}
Affine read_similarity_2d(const Numbers& p, const Numbers& f) {
  return Affine::about(centre_2d(f), turn_in_plane(p[1], p[0]), {p[2], p[3], 0});
}
Affine read_translation_2d(const Numbers& p, const Numbers&) { return {Mat3{}, {p[0], p[1], 0}}; }

constexpr Kind kinds[] = {{"AffineTransform_3_3", 12, read_matrix_offset},
                          {"MatrixOffsetTransformBase_3_3", 12, read_matrix_offset},
                          {"FixedCenterOfRotationAffineTransform_3_3", 12, read_matrix_offset},
                          {"Rigid3DTransform_3_3", 12, read_matrix_offset},
                          {"CenteredAffineTransform_3_3", 15, read_centered},
                          {"Euler3DTransform_3_3", 6, read_euler},
                          {"CenteredEuler3DTransform_3_3", 9, read_centered_euler},
                          {"VersorTransform_3_3", 3, read_versor},
                          {"VersorRigid3DTransform_3_3", 6, read_versor_rigid},
                          {"QuaternionRigidTransform_3_3", 7, read_quaternion},
                          {"Similarity3DTransform_3_3", 7, read_similarity},
                          {"ScaleVersor3DTransform_3_3", 9, read_scale_versor},
                          {"ScaleSkewVersor3DTransform_3_3", 15, read_scale_skew_versor},
                          {"TranslationTransform_3_3", 3, read_translation},
                          {"IdentityTransform_3_3", 0, read_identity},
                          {"ScaleTransform_3_3", 3, read_scale},
                          {"AffineTransform_2_2", 6, read_affine_2d},
                          {"MatrixOffsetTransformBase_2_2", 6, read_affine_2d},
                          {"Euler2DTransform_2_2", 3, read_euler_2d},
                          {"Rigid2DTransform_2_2", 3, read_euler_2d},
                          {"Similarity2DTransform_2_2", 4, read_similarity_2d},
                          {"TranslationTransform_2_2", 2, read_translation_2d},
                          {"IdentityTransform_2_2", 0, read_identity}};

/// The type without its scalar: "AffineTransform_double_3_3" → "AffineTransform_3_3".
std::string without_scalar(std::string type) {
  for (const char* scalar : {"_double", "_float"}) {
    if (const std::size_t at = type.find(scalar); at != std::string::npos)
      type.erase(at, std::strlen(scalar));
  }
  return type;
}

void require_finite(const TransformRecord& record) {
  const auto finite = [](double v) { return std::isfinite(v); };
  for (const Numbers* list : {&record.parameters, &record.fixed}) {
    const auto wrong = std::find_if_not(list->begin(), list->end(), finite);
    if (wrong != list->end()) {
      bad(fmt::format("{} {} of {} is {}, expected a finite number",
                      list == &record.fixed ? "fixed parameter" : "parameter", wrong - list->begin() + 1,
                      clean_text(record.type, 80), *wrong));
    }
  }
}

Field field_from(const TransformRecord& record) {
  const Numbers& f = record.fixed;
  if (f.size() != 18) bad(fmt::format("displacement field has {} fixed parameters, expected 18", f.size()));
  Grid grid;
  for (std::size_t i = 0; i < 3; ++i) {
    if (!(f[i] >= 1) || f[i] > 1e6 || f[i] != std::floor(f[i])) {
      bad(fmt::format("displacement field has size {} × {} × {}, expected whole numbers ≥ 1", f[0], f[1],
                      f[2]));
    }
    grid.size[i] = static_cast<std::int64_t>(f[i]);
  }
  grid.origin = as_point(vector_from(f, 3));
  grid.spacing = vector_from(f, 6);
  grid.direction = matrix_from(f, 9);
  grid.validate();
  const std::int64_t voxels = grid.voxel_count();
  if (static_cast<std::int64_t>(record.parameters.size()) / 3 != voxels ||
      record.parameters.size() % 3 != 0) {
    bad(fmt::format("displacement field of {} has {} values, expected {}", grid.describe(),
                    record.parameters.size(), 3 * voxels));
  }
  Field field{Volume<float>(grid, 3)};
  for (std::int64_t c = 0; c < 3; ++c) {
    float* out = field.displacement.data() + c * voxels;
    const double* in = record.parameters.data() + c;
    for (std::int64_t i = 0; i < voxels; ++i) out[i] = static_cast<float>(in[3 * i]);
  }
  return field;
}

/// x ↦ (A x) + v(A x) written as A(x + u(x)): the same samples on the field's grid pulled back through A,
/// turned back by its linear part. Exact, interpolation included.
Field pulled_back(Field field, const Affine& a) {
  const Mat3 back = inverse(a.matrix);
  Grid grid = field.grid();
  grid.origin = a.inverse().apply(grid.origin);
  const Mat3 steps = back * grid.index_to_lps();
  for (int axis = 0; axis < 3; ++axis) {
    const Vec3 step = steps.column(axis);
    grid.spacing[axis] = norm(step);
    for (int row = 0; row < 3; ++row)
      grid.direction[row][static_cast<std::size_t>(axis)] = step[row] / norm(step);
  }
  field.displacement.set_grid(grid);
  const std::int64_t n = grid.voxel_count();
  float* v = field.displacement.data();
  for (std::int64_t i = 0; i < n; ++i) {
    const Vec3 u = back * Vec3{v[i], v[n + i], v[2 * n + i]};
    for (int c = 0; c < 3; ++c) v[c * n + i] = static_cast<float>(u[c]);
  }
  return field;
}

bool is_field(const std::string& type) { return type == "DisplacementFieldTransform_3_3"; }

}  // namespace

void require_invertible(const Affine& affine) {
  bool finite = std::isfinite(affine.translation.x + affine.translation.y + affine.translation.z);
  for (int i = 0; i < 3; ++i) finite = finite && std::isfinite(norm(affine.matrix.column(i)));
  if (!finite) bad("the affine holds numbers that are not finite");
  try {
    static_cast<void>(affine.inverse());
  } catch (const Error&) {
    bad(fmt::format("the affine cannot be inverted: determinant {:.6g}, expected one away from 0",
                    determinant(affine.matrix)));
  }
}

Transform transform_of(const std::vector<TransformRecord>& records) {
  std::vector<const TransformRecord*> order;
  bool composite = false;
  for (const TransformRecord& record : records) {
    if (record.type.starts_with("CompositeTransform")) {
      if (composite || !order.empty()) {
        throw Error(ErrorCode::unsupported_format,
                    "nested composite transforms are not read, expected a flat one");
      }
      composite = true;
    } else {
      order.push_back(&record);
    }
  }
  if (order.empty() && !composite) bad("the file holds no transform");
  if (order.size() > 1 && !composite) {
    throw Error(
        ErrorCode::unsupported_format,
        fmt::format("the file holds {} separate transforms, expected one or a composite", order.size()));
  }
  Transform result;
  // ITK applies the transform that was added last first.
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const TransformRecord& record = **it;
    require_finite(record);
    const std::string type = without_scalar(record.type);
    if (is_field(type)) {
      if (result.field) {
        throw Error(ErrorCode::unsupported_format,
                    "a composite of two displacement fields is not read, expected at most one");
      }
      result.field =
          result.affine == Affine{} ? field_from(record) : pulled_back(field_from(record), result.affine);
      continue;
    }
    const Kind* kind =
        std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& k) { return type == k.name; });
    if (kind == std::end(kinds)) {
      throw Error(
          ErrorCode::unsupported_format,
          fmt::format(
              "transform type \"{}\" is not read, expected an affine-like one or a displacement field",
              clean_text(record.type, 80)));
    }
    if (record.parameters.size() != kind->parameters) {
      bad(fmt::format("{} has {} parameters, expected {}", record.type, record.parameters.size(),
                      kind->parameters));
    }
    const Affine affine = kind->read(record.parameters, record.fixed);
    require_invertible(affine);
    result.affine = compose(affine, result.affine);
  }
  require_invertible(result.affine);
  return result;
}

std::vector<TransformRecord> records_of(const Transform& transform) {
  std::vector<TransformRecord> records;
  const Affine& a = transform.affine;
  if (!transform.field || !(a == Affine{})) {
    TransformRecord record{"AffineTransform_double_3_3", {}, {0, 0, 0}};
    for (int i = 0; i < 3; ++i)
      record.parameters.insert(record.parameters.end(), a.matrix[i].begin(), a.matrix[i].end());
    for (int i = 0; i < 3; ++i) record.parameters.push_back(a.translation[i]);
    records.push_back(std::move(record));
  }
  if (!transform.field) return records;
  const Grid& g = transform.field->grid();
  TransformRecord record{"DisplacementFieldTransform_float_3_3", {}, {}};
  for (const std::int64_t n : g.size) record.fixed.push_back(static_cast<double>(n));
  for (int i = 0; i < 3; ++i) record.fixed.push_back(as_vector(g.origin)[i]);
  for (int i = 0; i < 3; ++i) record.fixed.push_back(g.spacing[i]);
  for (int i = 0; i < 3; ++i)
    record.fixed.insert(record.fixed.end(), g.direction[i].begin(), g.direction[i].end());
  const std::int64_t n = g.voxel_count();
  const float* u = transform.field->displacement.data();
  record.parameters.resize(static_cast<std::size_t>(3 * n));
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t c = 0; c < 3; ++c)
      record.parameters[static_cast<std::size_t>(3 * i + c)] = u[c * n + i];
  }
  records.push_back(std::move(record));
  if (records.size() > 1)
    records.insert(records.begin(), TransformRecord{"CompositeTransform_double_3_3", {}, {}});
  return records;
}

}  // namespace sg::io
