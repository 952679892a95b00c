#include "model/legal_basis.h"

#include <algorithm>

namespace naru::model {

const std::vector<LegalBasis>& legal_bases() {
  static const std::vector<LegalBasis> all = {
      {"consent",
       say("written consent of each person, for the scopes it names", "각 개인의 서면 동의 (동의서에 적힌 범위)"),
       say("Bioethics and Safety Act art. 16, 37; Personal Information Protection Act art. 15, 23",
           "생명윤리 및 안전에 관한 법률 제16조, 제37조; 개인정보 보호법 제15조, 제23조"),
       WithdrawalEffect::excludes},
      {"pseudonymised-use",
       say("pseudonymised use without consent for research, statistics or public records",
           "과학적 연구, 통계, 공익적 기록 보존을 위한 동의 없는 가명정보 처리"),
       say("Personal Information Protection Act art. 28-2, 28-3", "개인정보 보호법 제28조의2, 제28조의3"),
       WithdrawalEffect::objection},
      {"deceased", say("records of deceased persons", "사망한 사람의 기록"),
       say("outside the definition of personal information, Personal Information Protection Act art. 2; "
           "Medical Service Act art. 21 still binds the holder",
           "개인정보 보호법 제2조의 정의에서 제외되나 의료법 제21조는 보유기관에 적용됨"),
       WithdrawalEffect::not_applicable},
      {"special-approval",
       say("special approval by statute or by a competent authority", "법률 또는 관할 기관의 특별 승인"),
       say("the approval's own number stands in the dossier", "승인 번호는 신청 서류에 기재"),
       WithdrawalEffect::excludes},
      {"synthetic",
       say("synthetic or openly licensed test data; no living person", "합성 또는 공개 시험 데이터 (실제 인물 없음)"),
       say("no personal information", "개인정보에 해당하지 않음"), WithdrawalEffect::not_applicable},
  };
  return all;
}

const LegalBasis* legal_basis_named(std::string_view code) {
  const auto found = std::ranges::find(legal_bases(), code, &LegalBasis::code);
  return found == legal_bases().end() ? nullptr : &*found;
}

}  // namespace naru::model
