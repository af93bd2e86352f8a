// Original file: proto/heliu/v1/transfer.proto

import type { AnsweredCall as _heliu_v1_AnsweredCall, AnsweredCall__Output as _heliu_v1_AnsweredCall__Output } from '../../heliu/v1/AnsweredCall.ts';
import type { Refusal as _heliu_v1_Refusal, Refusal__Output as _heliu_v1_Refusal__Output } from '../../heliu/v1/Refusal.ts';

export interface CallAnswer {
  'callId'?: (string);
  'answered'?: (_heliu_v1_AnsweredCall | null);
  'refused'?: (_heliu_v1_Refusal | null);
  'outcome'?: "answered"|"refused";
}

export interface CallAnswer__Output {
  'callId': (string);
  'answered'?: (_heliu_v1_AnsweredCall__Output | null);
  'refused'?: (_heliu_v1_Refusal__Output | null);
  'outcome'?: "answered"|"refused";
}
