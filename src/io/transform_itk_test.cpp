#include <gtest/gtest.h>
#include <itkAffineTransform.h>
#include <itkCenteredAffineTransform.h>
#include <itkCenteredEuler3DTransform.h>
#include <itkCompositeTransform.h>
#include <itkDisplacementFieldTransform.h>
#include <itkEuler2DTransform.h>
#include <itkEuler3DTransform.h>
#include <itkHDF5TransformIOFactory.h>
#include <itkMatlabTransformIOFactory.h>
#include <itkQuaternionRigidTransform.h>
#include <itkScaleSkewVersor3DTransform.h>
#include <itkScaleTransform.h>
#include <itkScaleVersor3DTransform.h>
#include <itkSimilarity2DTransform.h>
#include <itkSimilarity3DTransform.h>
#include <itkTransformFactoryBase.h>
#include <itkTransformFileReader.h>
#include <itkTransformFileWriter.h>
#include <itkTranslationTransform.h>
#include <itkTxtTransformIOFactory.h>
#include <itkVersorRigid3DTransform.h>
#include <itkVersorTransform.h>

#include <filesystem>

#include "core/rng.h"
#include "io/transform_io.h"

namespace sg::io {
namespace {

namespace fs = std::filesystem;

class TransformItk : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    itk::HDF5TransformIOFactory::RegisterOneFactory();
    itk::TxtTransformIOFactory::RegisterOneFactory();
    itk::MatlabTransformIOFactory::RegisterOneFactory();
    itk::TransformFactoryBase::RegisterDefaultTransforms();
  }
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sg-transform-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path file(const std::string& name) const { return folder_ / name; }

  template <class T>
  void save(T* transform, const std::string& name) {
    auto writer = itk::TransformFileWriterTemplate<double>::New();
    writer->SetInput(transform);
    writer->SetFileName(file(name).string());
    writer->Update();
  }
  itk::TransformFileReaderTemplate<double>::Pointer load(const std::string& name) {
    auto reader = itk::TransformFileReaderTemplate<double>::New();
    reader->SetFileName(file(name).string());
    reader->Update();
    return reader;
  }

  template <class T>
  void expect_same_map(const T& theirs, const Transform& ours, double tolerance, double extent = 50) {
    Rng rng(3);
    for (int i = 0; i < 50; ++i) {
      itk::Point<double, 3> p;
      for (unsigned axis = 0; axis < 3; ++axis) p[axis] = rng.uniform(-extent, extent);
      const auto q = theirs.TransformPoint(p);
      const LpsPoint mine = ours.apply({p[0], p[1], p[2]});
      EXPECT_NEAR(mine.x, q[0], tolerance);
      EXPECT_NEAR(mine.y, q[1], tolerance);
      EXPECT_NEAR(mine.z, q[2], tolerance);
    }
  }

  /// Random parameters within the given reach, a centre, then every container ITK writes.
  template <class T>
  void check_type(double reach, const std::vector<std::pair<unsigned, double>>& set = {}) {
    auto transform = T::New();
    Rng rng(11);
    auto parameters = transform->GetParameters();
    for (unsigned i = 0; i < parameters.Size(); ++i) parameters[i] += rng.uniform(-reach, reach);
    for (const auto& [index, value] : set) parameters[index] = value;
    auto fixed = transform->GetFixedParameters();
    for (unsigned i = 0; i < fixed.Size() && i < 3; ++i) fixed[i] = rng.uniform(-20, 20);
    transform->SetFixedParameters(fixed);
    transform->SetParameters(parameters);
    transform->SetFixedParameters(fixed);  // VersorTransform forgets its centre in SetParameters
    for (const char* name : {"t.tfm", "t.txt", "t.mat", "t.h5"}) {
      save(transform.GetPointer(), name);
      SCOPED_TRACE(std::string(transform->GetNameOfClass()) + " " + name);
      expect_same_map(*transform, read_transform(file(name)), 1e-9);
    }
  }

  fs::path folder_;
};

TEST_F(TransformItk, EveryLinearTypeMapsPointsAsItDoes) {
  check_type<itk::AffineTransform<double, 3>>(0.3);
  check_type<itk::CenteredAffineTransform<double, 3>>(0.3);
  check_type<itk::Euler3DTransform<double>>(0.8);
  check_type<itk::VersorTransform<double>>(0.4);
  check_type<itk::VersorRigid3DTransform<double>>(0.4);
  check_type<itk::QuaternionRigidTransform<double>>(
      0.0,
      {{0, 0.18257418583505536}, {1, 0.3651483716701107}, {2, 0.5477225575051661}, {3, 0.7302967433402214}});
  check_type<itk::Similarity3DTransform<double>>(0.3);
  check_type<itk::ScaleVersor3DTransform<double>>(0.3);
  check_type<itk::ScaleSkewVersor3DTransform<double>>(0.3);
  check_type<itk::TranslationTransform<double, 3>>(20);
  check_type<itk::ScaleTransform<double, 3>>(0.5);
}

TEST_F(TransformItk, EulerAnglesInTheOtherOrder) {
  auto euler = itk::Euler3DTransform<double>::New();
  euler->SetComputeZYX(true);
  euler->SetRotation(0.3, -0.5, 0.9);
  save(euler.GetPointer(), "e.tfm");
  expect_same_map(*euler, read_transform(file("e.tfm")), 1e-9);
  auto centred = itk::CenteredEuler3DTransform<double>::New();
  centred->SetComputeZYX(true);
  centred->SetRotation(0.3, -0.5, 0.9);
  save(centred.GetPointer(), "c.tfm");
  expect_same_map(*centred, read_transform(file("c.tfm")), 1e-9);
  check_type<itk::CenteredEuler3DTransform<double>>(0.3);
}

TEST_F(TransformItk, PlaneTransformsLeaveZAlone) {
  auto similarity = itk::Similarity2DTransform<double>::New();
  similarity->SetScale(1.3);
  similarity->SetAngle(0.4);
  itk::Vector<double, 2> shift;
  shift[0] = 3;
  shift[1] = -7;
  similarity->SetTranslation(shift);
  itk::Point<double, 2> centre;
  centre[0] = 4;
  centre[1] = 9;
  similarity->SetCenter(centre);
  save(similarity.GetPointer(), "s.tfm");
  const Transform ours = read_transform(file("s.tfm"));
  itk::Point<double, 2> p;
  p[0] = 11;
  p[1] = -2;
  const auto q = similarity->TransformPoint(p);
  const LpsPoint mine = ours.apply({11, -2, 5});
  EXPECT_NEAR(mine.x, q[0], 1e-12);
  EXPECT_NEAR(mine.y, q[1], 1e-12);
  EXPECT_EQ(mine.z, 5);
}

using ItkField = itk::DisplacementFieldTransform<double, 3>;

ItkField::Pointer smooth_field() {
  auto image = ItkField::DisplacementFieldType::New();
  image->SetRegions(ItkField::DisplacementFieldType::SizeType{{9, 8, 7}});
  const double spacing[3] = {4, 5, 6}, origin[3] = {-16, -17, -18};
  image->SetSpacing(spacing);
  image->SetOrigin(origin);
  ItkField::DisplacementFieldType::DirectionType direction;
  direction.SetIdentity();
  direction[0][0] = direction[1][1] = std::cos(0.3);
  direction[1][0] = std::sin(0.3);
  direction[0][1] = -std::sin(0.3);
  image->SetDirection(direction);
  image->Allocate();
  for (int k = 0; k < 7; ++k) {
    for (int j = 0; j < 8; ++j) {
      for (int i = 0; i < 9; ++i) {
        ItkField::DisplacementFieldType::PixelType v;
        v[0] = std::sin(0.5 * i);
        v[1] = 0.25 * j - 0.5 * k;
        v[2] = std::cos(0.7 * k) + 0.125 * i;
        image->SetPixel({{i, j, k}}, v);
      }
    }
  }
  auto transform = ItkField::New();
  transform->SetDisplacementField(image);
  return transform;
}

itk::AffineTransform<double, 3>::Pointer some_affine() {
  auto affine = itk::AffineTransform<double, 3>::New();
  itk::Vector<double, 3> axis;
  axis[0] = 1, axis[1] = 2, axis[2] = -1;
  affine->Rotate3D(axis, 0.2);
  affine->Scale(1.05);
  const double shift[3] = {0.5, -0.7, 1.1};
  affine->Translate(shift);
  return affine;
}

// Inside the grid only: outside ITK displaces by 0, we by the nearest border value.
constexpr double inside = 6;

TEST_F(TransformItk, DisplacementFieldsAndCompositesInBothOrders) {
  const auto field = smooth_field();
  save(field.GetPointer(), "f.h5");
  expect_same_map(*field, read_transform(file("f.h5")), 1e-5, inside);
  const auto affine = some_affine();
  auto affine_last = itk::CompositeTransform<double, 3>::New();
  affine_last->AddTransform(affine);
  affine_last->AddTransform(field);  // added last, applied first
  save(affine_last.GetPointer(), "al.h5");
  expect_same_map(*affine_last, read_transform(file("al.h5")), 1e-5, inside);
  auto field_last = itk::CompositeTransform<double, 3>::New();
  field_last->AddTransform(field);
  field_last->AddTransform(affine);
  save(field_last.GetPointer(), "fl.h5");
  expect_same_map(*field_last, read_transform(file("fl.h5")), 1e-5, inside);
  auto two = itk::CompositeTransform<double, 3>::New();
  two->AddTransform(affine);
  two->AddTransform(affine);
  for (const char* name : {"two.tfm", "two.h5"}) {
    save(two.GetPointer(), name);
    expect_same_map(*two, read_transform(file(name)), 1e-9);
  }
}

TEST_F(TransformItk, WhatWeWriteItReadsAsTheSameMap) {
  const auto affine = some_affine();
  save(affine.GetPointer(), "a.tfm");
  Transform ours = read_transform(file("a.tfm"));
  for (const char* name : {"ours.tfm", "ours.txt", "ours.mat", "ours.h5"}) {
    write_transform(ours, file(name));
    const auto reader = load(name);
    ASSERT_EQ(reader->GetTransformList()->size(), 1u) << name;
    const auto* theirs =
        dynamic_cast<itk::Transform<double, 3, 3>*>(reader->GetTransformList()->front().GetPointer());
    ASSERT_NE(theirs, nullptr) << name;
    expect_same_map(*theirs, ours, 1e-12);
  }
  save(smooth_field().GetPointer(), "f.h5");
  ours.field = read_field(file("f.h5"));
  write_transform(ours, file("both.h5"));
  const auto both = load("both.h5");
  const auto* composite =
      dynamic_cast<itk::CompositeTransform<double, 3>*>(both->GetTransformList()->front().GetPointer());
  ASSERT_NE(composite, nullptr);
  ASSERT_EQ(composite->GetNumberOfTransforms(), 2u);
  expect_same_map(*composite, ours, 1e-6, inside);
  ours.affine = {};
  write_transform(ours, file("field.h5"));
  const auto alone = load("field.h5");
  const auto* field =
      dynamic_cast<itk::Transform<double, 3, 3>*>(alone->GetTransformList()->front().GetPointer());
  ASSERT_NE(field, nullptr);
  expect_same_map(*field, ours, 1e-6, inside);
}

}  // namespace
}  // namespace sg::io
