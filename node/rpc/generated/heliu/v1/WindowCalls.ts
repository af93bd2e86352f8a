// Original file: proto/heliu/v1/transfer.proto

import type { AnsweredCall as _heliu_v1_AnsweredCall, AnsweredCall__Output as _heliu_v1_AnsweredCall__Output } from '../../heliu/v1/AnsweredCall.ts';

export interface WindowCalls {
  'calls'?: (_heliu_v1_AnsweredCall)[];
}

export interface WindowCalls__Output {
  'calls': (_heliu_v1_AnsweredCall__Output)[];
}
